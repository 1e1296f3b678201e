import type { LineResult, StudyResults } from '../../study/results.js';
import {
  batchNormMode,
  clauses,
  counted,
  drawable,
  integer,
  paragraph,
  penalty,
  variation,
} from '../caption.js';
import type { Chart, Layer, Panel } from '../chart.js';
import { lineLegend, regimeColor, regimesOf } from '../regimes.js';
import { extent, lossOrAccuracy, palette, plotWidth, themed } from '../theme.js';

const panels = [
  { quantity: 'loss', title: 'loss (mean per sample)' },
  { quantity: 'accuracy', title: 'accuracy (%)' },
] as const;

const splits = ['training', 'test'];

/** The regimes that a line joins. */
function ends(results: StudyResults, line: LineResult): { from: string; to: string } {
  const regime = (id: string) => results.runs.find((run) => run.id === id)?.regime ?? id;
  return { from: regime(line.from), to: regime(line.to) };
}

/**
 * Loss (log axis) and accuracy in per cent along the straight line through two minima,
 * w(alpha) = (1 - alpha) w_from + alpha w_to (Goodfellow et al. 2015; Keskar et al. 2017, figure 3):
 * the mean over seeds, and each seed as a thin line where there are several.
 */
export const parametricLine: Chart = (results) => {
  const regimes = regimesOf(results);
  const all = results.lines.flatMap((line) =>
    line.points.flatMap((point) => {
      const at = { ...ends(results, line), seed: line.seed, alpha: point.alpha };
      const loss = { ...at, quantity: 'loss' };
      const accuracy = { ...at, quantity: 'accuracy' };
      return [
        { ...loss, split: 'training', value: point.trainLoss },
        { ...loss, split: 'test', value: point.testLoss },
        { ...accuracy, split: 'training', value: 100 * point.trainAccuracy },
        { ...accuracy, split: 'test', value: 100 * point.testAccuracy },
      ];
    }),
  );
  const { rows, leftOut } = drawable(all, ['value'], (row) => row.quantity === 'loss');
  if (rows.length === 0) return null;

  const seeds = new Set(rows.map((row) => row.seed)).size;
  const domain = extent(rows.map((row) => row.alpha));
  const panel = (from: string, to: string, { quantity, title }: (typeof panels)[number]): Panel => {
    const x = {
      field: 'alpha',
      type: 'quantitative',
      title: `position α on the line (0: ${from}, 1: ${to})`,
      scale: { domain, nice: false },
      axis: { tickCount: 7 },
    } as const;
    const y = lossOrAccuracy(rows, quantity, title);
    const mean = { ...y, aggregate: 'mean' } as const;
    const split = { field: 'split', type: 'nominal', title: null } as const;
    const color = {
      ...split,
      scale: { domain: splits, range: [palette.black, palette.purple] },
      legend: lineLegend,
    };
    const strokeDash = {
      ...split,
      scale: {
        domain: splits,
        range: [
          [1, 0],
          [4, 2],
        ],
      },
      legend: lineLegend,
    };
    const minimum = (alpha: number, regime: string): Layer[] => {
      const data = { values: [{ alpha, regime }] };
      const shade = regimeColor(regimes, regime);
      return [
        { data, mark: { type: 'rule', strokeWidth: 1, color: shade }, encoding: { x } },
        {
          data,
          mark: {
            type: 'text',
            baseline: 'bottom',
            dy: -3,
            fontSize: 9,
            fontWeight: 600,
            color: shade,
          },
          encoding: { x, y: { value: 0 }, text: { field: 'regime' } },
        },
      ];
    };
    const eachSeed: Layer = {
      mark: { type: 'line', strokeWidth: 0.6, opacity: 0.45 },
      encoding: { x, y, color, detail: [{ field: 'seed' }, { field: 'split' }] },
    };
    const meanLine: Layer = {
      mark: { type: 'line', strokeWidth: 1.5 },
      encoding: { x, y: mean, color, strokeDash },
    };
    // Not seen: gives the pointer something to meet, since a line has one tooltip only.
    const pointer: Layer = {
      mark: { type: 'point', opacity: 0, size: 60, aria: false, filled: true },
      encoding: {
        x,
        y: mean,
        detail: { field: 'split' },
        tooltip: [{ field: 'split' }, { ...x, title: 'α' }, { ...mean, title }],
      },
    };
    return {
      width: plotWidth,
      height: 130,
      transform: [
        {
          filter: {
            and: [
              { field: 'quantity', equal: quantity },
              { field: 'from', equal: from },
              { field: 'to', equal: to },
            ],
          },
        },
      ],
      layer: [
        ...minimum(0, from),
        ...minimum(1, to),
        ...(seeds > 1 ? [eachSeed] : []),
        meanLine,
        pointer,
      ],
    };
  };

  const title = 'Parametric line between the minima';
  const settings = results.lines.map(({ trainSamples, testSamples, batchNorm }) =>
    clauses(
      `${integer(trainSamples)} training and ${integer(testSamples)} test samples`,
      batchNormMode(batchNorm),
      penalty(results.l2),
    ),
  );
  const caption = paragraph(
    `Loss (log axis) and accuracy at (1 − α) w + α w′, where w and w′ are the two minima, marked by vertical lines.`,
    `Measured on ${[...new Set(settings)].join('; ')}.`,
    seeds > 1
      ? `Thick lines: mean over ${counted(seeds, 'seed')}; thin lines: one seed each.`
      : '1 seed.',
    variation(results),
    leftOut,
  );
  const pairs = new Map(rows.map(({ from, to }) => [JSON.stringify([from, to]), { from, to }]));
  const spec = {
    columns: 2,
    concat: [...pairs.values()].flatMap(({ from, to }) => panels.map((p) => panel(from, to, p))),
  };
  return {
    name: 'parametric-line',
    title,
    caption,
    rows,
    spec: themed(title, caption, rows, spec),
  };
};
