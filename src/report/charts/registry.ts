import type { StudyResults } from '../../study/results.js';
import type { ChartName } from '../../study/schema.js';
import type { Chart, ChartResult } from '../chart.js';
import { gap } from './gap.js';
import { hessianTop } from './hessianTop.js';
import { parametricLine } from './parametricLine.js';
import { sharpness } from './sharpness.js';
import { trainingCurves } from './trainingCurves.js';

/** Every chart by name, in the order of a report. A new chart is one file and one line here. */
export const charts: Record<ChartName, Chart> = {
  gap,
  sharpness,
  'hessian-top': hessianTop,
  'parametric-line': parametricLine,
  'training-curves': trainingCurves,
};

/** All charts that the study asked for and has data for. */
export function drawAll(results: StudyResults): ChartResult[] {
  return Object.entries(charts)
    .filter(([name]) => results.charts.includes(name))
    .map(([, chart]) => chart(results))
    .filter((chart) => chart !== null);
}
