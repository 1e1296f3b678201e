import type { MeasureResult, RunResult, StudyResults } from '../study/results.js';
import { batchNormMode, integer, measuredOn } from './caption.js';

/** A measured value together with the run that it was measured at. */
export interface Measured {
  run: RunResult;
  measure: MeasureResult;
}

/** All values of one measure, in the order of the runs. */
export function measured(results: StudyResults, name: string): Measured[] {
  return results.runs.flatMap((run) =>
    run.measures.filter((measure) => measure.measure === name).map((measure) => ({ run, measure })),
  );
}

/**
 * Names what a value was measured on as far as it differs among `values`, so that numbers that
 * cannot be compared never share a panel: `8,000 test samples, batch norm with running statistics`.
 * Options named in `axes` are told apart otherwise.
 */
export function setting(values: Measured[], axes: string[]): (measure: MeasureResult) => string {
  const options = new Set(values.flatMap((v) => Object.keys(v.measure.options)));
  // Batch norm's mode is told from the provenance, where it is `none` for a network without any.
  for (const shown of [...axes, 'batchNorm']) options.delete(shown);
  const parts: ((m: MeasureResult) => string)[] = [
    (m) => `${integer(m.provenance.samples)} ${m.provenance.split} samples`,
    (m) => batchNormMode(m.provenance.batchNorm, m.provenance.chunk),
    (m) => `L2 ${m.provenance.l2}`,
    ...[...options].map((key) => (m: MeasureResult) => `${key} ${String(m.options[key])}`),
  ];
  const differing = parts.filter((part) => new Set(values.map((v) => part(v.measure))).size > 1);
  return (measure) => differing.map((part) => part(measure)).join(', ');
}

/** `Measured on …` for each distinct set of samples and batch-norm mode. */
export function measuredOnSentence(values: Measured[]): string {
  return `Measured on ${[...new Set(values.map((v) => measuredOn(v.measure)))].join('; ')}.`;
}
