import { summarise } from '../statistics/summary.js';
import type { RunResult, StudyResults } from '../study/results.js';
import { penalty } from './caption.js';
import { regimesOf } from './regimes.js';

/** What a column of numbers is: a share in per cent, or a plain number. */
export interface Quantity {
  label: string;
  unit: '%' | '';
}

/** Mean and sample standard deviation of the finite values of one quantity. */
export interface Cell {
  /** Finite values; 0 where there is none. */
  n: number;
  mean: number;
  /** Null for fewer than two values. */
  standardDeviation: number | null;
  /** False if a value, finite or not, did not meet its method's tolerance. */
  converged: boolean;
}

/** The numbers of one run, or of all runs of a regime. */
export interface TableRow {
  regime: string;
  /** Null in a regime's summary. */
  seed: number | null;
  runs: number;
  diverged: number;
  /** One for each quantity, in their order. */
  cells: Cell[];
}

/** All final numbers of a study: a row a run, and a summary a regime. */
export interface SummaryTable {
  quantities: Quantity[];
  runs: TableRow[];
  regimes: TableRow[];
  /** Every loss includes l2/2 ||w||^2. */
  l2: number;
}

/** The sign of a value that did not converge, and its explanation. */
export const NOT_CONVERGED = '†';
export const NOT_CONVERGED_NOTE = `${NOT_CONVERGED} the method stopped before it met its tolerance (in a mean: for at least one value).`;

interface Value extends Quantity {
  value: number;
  converged: boolean;
}

/** Accuracies, losses, both gaps, then every measure by its label, with its residual if it has one. */
function values({ gap, measures }: RunResult): Value[] {
  const plain = (label: string, unit: '%' | '', value: number) => ({
    label,
    unit,
    value,
    converged: true,
  });
  const final = gap
    ? [
        plain('train accuracy (%)', '%', 100 * gap.trainAccuracy),
        plain('test accuracy (%)', '%', 100 * gap.testAccuracy),
        plain('accuracy gap (% points)', '%', 100 * gap.accuracyGap),
        plain('train loss', '', gap.trainLoss),
        plain('test loss', '', gap.testLoss),
        plain('loss gap', '', gap.lossGap),
      ]
    : [];
  const measured = measures.flatMap(({ label, value, converged, details }) => [
    { label, unit: '' as const, value, converged },
    ...(typeof details.residual === 'number'
      ? [plain(`${label} residual`, '', details.residual)]
      : []),
  ]);
  return [...final, ...measured];
}

/** Collects every final number of the study. */
export function summaryTable(results: StudyResults): SummaryTable {
  const all = results.runs.map((run) => ({ run, values: values(run) }));
  const labels = new Map(all.flatMap((one) => one.values).map((v) => [v.label, v.unit]));
  const quantities = [...labels].map(([label, unit]) => ({ label, unit }));
  const row = (regime: string, seed: number | null, of: typeof all): TableRow => ({
    regime,
    seed,
    runs: of.length,
    diverged: of.filter((one) => one.run.status === 'diverged').length,
    cells: quantities.map(({ label }) =>
      cell(of.flatMap((one) => one.values.filter((v) => v.label === label))),
    ),
  });
  return {
    quantities,
    runs: all.map((one) => row(one.run.regime, one.run.seed, [one])),
    regimes: regimesOf(results).map((regime) =>
      row(
        regime,
        null,
        all.filter((one) => one.run.regime === regime),
      ),
    ),
    l2: results.l2,
  };
}

function cell(values: Value[]): Cell {
  const finite = values.map((v) => v.value).filter(Number.isFinite);
  const converged = values.every((v) => v.converged);
  if (finite.length === 0) return { n: 0, mean: NaN, standardDeviation: null, converged };
  return { ...summarise(finite), converged };
}

/** `98.03 ± 0.07†`, `1.23 (1 of 2)` where finished runs have no finite value, `–` where none has one. */
export function cellText(cell: Cell, { unit }: Quantity, row: TableRow): string {
  const finished = row.runs - row.diverged;
  const mark = cell.converged ? '' : NOT_CONVERGED;
  if (cell.n === 0) return `–${mark}`;
  const show = unit === '%' ? (value: number) => value.toFixed(2) : digitsOf(cell.mean);
  const spread = cell.standardDeviation === null ? '' : ` ± ${show(cell.standardDeviation)}`;
  return show(cell.mean) + spread + mark + (cell.n < finished ? ` (${cell.n} of ${finished})` : '');
}

/** Writes numbers with the decimals that show three significant digits of `mean`: `0.0123`, `1.23e-7`. */
function digitsOf(mean: number): (value: number) => string {
  const exponent = mean === 0 ? 0 : Math.floor(Math.log10(Math.abs(mean)));
  return exponent < -3 || exponent > 5
    ? (value) => value.toExponential(2)
    : (value) => value.toFixed(Math.max(0, 2 - exponent));
}

/** `3`, or `3 (1 diverged)`. */
export function runCount({ runs, diverged }: TableRow): string {
  return diverged ? `${runs} (${diverged} diverged)` : String(runs);
}

/** What the numbers of a summary are, for below a table. */
export function tableNotes({ quantities, regimes, l2 }: SummaryTable): string[] {
  const shown = (test: (cell: Cell) => boolean) => regimes.some((row) => row.cells.some(test));
  return [
    shown((cell) => cell.standardDeviation !== null)
      ? 'mean ± sample standard deviation over the seeds of a regime.'
      : '',
    quantities.some(({ label }) => label.startsWith('keskar '))
      ? 'keskar: largest rise of the training loss in per cent of 1 + f, where f is the loss at the weights.'
      : '',
    quantities.length && l2 > 0 ? `losses: ${penalty(l2)}.` : '',
    shown((cell) => !cell.converged) ? NOT_CONVERGED_NOTE : '',
  ].filter(Boolean);
}

/** The summary as aligned plain text for a terminal: a line a quantity, a column a regime. */
export function textTable(table: SummaryTable): string {
  const lines = [
    ['', ...table.regimes.map((row) => row.regime)],
    ['runs', ...table.regimes.map(runCount)],
    ...table.quantities.map((quantity, i) => [
      quantity.label,
      ...table.regimes.map((row) => cellText(row.cells[i], quantity, row)),
    ]),
  ];
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const pad = (text: string, i: number) =>
    i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]);
  return [...lines.map((line) => line.map(pad).join('   ').trimEnd()), ...tableNotes(table)].join(
    '\n',
  );
}
