import type { MeasureResult, RunResult, StudyResults } from '../study/results.js';
import type { Row } from './chart.js';

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(items: string[]): string {
  return items.length < 2
    ? items.join('')
    : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

/** `1 seed`, `60,000 seeds`. */
export function counted(count: number, noun: string): string {
  return `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Digits in groups of three, the same on every machine. */
export function integer(value: number): string {
  return value.toLocaleString('en-US');
}

/** `2 seeds per regime`, or the count of each regime where they differ. */
export function seedCounts(runs: Pick<RunResult, 'regime' | 'seed'>[]): string {
  const seeds = new Map<string, Set<number>>();
  for (const { regime, seed } of runs) {
    seeds.set(regime, (seeds.get(regime) ?? new Set()).add(seed));
  }
  const counts = [...seeds].map(([regime, set]) => ({ regime, count: set.size }));
  return counts.every(({ count }) => count === counts[0].count)
    ? `${counted(counts[0]?.count ?? 0, 'seed')} per regime`
    : enumerate(counts.map(({ regime, count }) => `${counted(count, 'seed')} of ${regime}`));
}

/** What differs between the seeds of a regime, and whether the regimes of a seed start alike. */
export function variation(results: StudyResults): string {
  const starts = new Map<number, Set<string>>();
  for (const { seed, initialWeightsHash } of results.runs) {
    starts.set(seed, (starts.get(seed) ?? new Set()).add(initialWeightsHash));
  }
  const paired = results.runs.length > starts.size && [...starts.values()].every((s) => s.size < 2);
  return [
    starts.size > 1 ? 'Seeds differ in initial weights and data order.' : '',
    paired ? 'Runs of one seed share their initial weights.' : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** `all 60,000 training samples`, or which part of the published ones is trained on. */
export function trainedOn({ trainSamples, of, subsetSeed }: StudyResults['data']): string {
  return subsetSeed === null
    ? `all ${integer(trainSamples)} training samples`
    : `${integer(trainSamples)} of the ${integer(of)} published training samples (subset seed ${subsetSeed})`;
}

/** What a loss holds beside the mean over samples; empty where there is no penalty. */
export function penalty(l2: number): string {
  return l2 > 0 ? `L2 penalty l2/2 ||w||^2 with l2 = ${l2} included` : '';
}

/** All samples that are trained on and the test set, as training curves and gaps are evaluated. */
export function wholeData({ data, network, l2 }: StudyResults): string {
  return `${clauses(
    `${network.name} on ${data.name}`,
    `${trainedOn(data)} and all ${integer(data.testSamples)} test samples`,
    'batch norm (if any) with running statistics',
    penalty(l2),
  )}.`;
}

/** Batch norm's mode in words. */
export function batchNormMode(mode: 'running' | 'batch' | 'none', chunk?: number | null): string {
  if (mode === 'none') return 'no batch norm';
  if (mode === 'running') return 'batch norm with running statistics';
  return `batch norm with batch statistics${chunk ? ` of ${integer(chunk)} samples` : ''}`;
}

/** `8,000 of 60,000 training samples (subset seed 7), batch norm with running statistics`. */
export function measuredOn({ provenance }: MeasureResult): string {
  const { samples, of, split, subsetSeed, batchNorm, chunk, l2 } = provenance;
  const which = split === 'train' ? 'training' : 'test';
  const count = samples === of ? `all ${integer(of)}` : `${integer(samples)} of ${integer(of)}`;
  const seed = subsetSeed === null ? '' : ` (subset seed ${subsetSeed})`;
  return clauses(`${count} ${which} samples${seed}`, batchNormMode(batchNorm, chunk), penalty(l2));
}

/** How many points are hollow because their method did not converge. */
export function convergence(measures: MeasureResult[]): string {
  const failed = measures.filter((m) => !m.converged).length;
  return failed === 0
    ? 'All values converged.'
    : `Hollow points did not converge (${failed} of ${measures.length}).`;
}

/** Splits off the rows that an axis cannot show: not finite, or on a log axis not positive. */
export function drawable<T extends Row>(
  rows: T[],
  fields: (keyof T & string)[],
  log: (row: T) => boolean = () => false,
): { rows: T[]; leftOut: string } {
  const kept = rows.filter((row) =>
    fields.every((field) => Number.isFinite(row[field]) && (!log(row) || Number(row[field]) > 0)),
  );
  const count = rows.length - kept.length;
  const reason = 'not finite' + (rows.some(log) ? ' or not positive on a log axis' : '');
  const verb = count === 1 ? 'value is' : 'values are';
  return { rows: kept, leftOut: count ? `${count} ${verb} left out: ${reason}.` : '' };
}

/** Parts of a sentence that say something. */
export function clauses(...parts: string[]): string {
  return parts.filter(Boolean).join(', ');
}

/** Sentences that say something, in one paragraph. */
export function paragraph(...sentences: string[]): string {
  return sentences.filter(Boolean).join(' ');
}
