import { convergence, drawable, paragraph, seedCounts, variation } from '../caption.js';
import type { Chart, Layer } from '../chart.js';
import { measured, measuredOnSentence, setting } from '../panels.js';
import { pointEncoding, regimesOf, slot } from '../regimes.js';
import { ink, logAxis, themed } from '../theme.js';

/** The space that is searched, from the measure's options: `full`, or the subspace's dimension. */
function spaceName(space: unknown): string {
  return typeof space === 'number' ? `${space}-dimensional subspace` : `${String(space)} space`;
}

/**
 * Keskar sharpness (Keskar et al. 2017, Metric 2.1) of every run on a log axis, by regime, epsilon
 * and space. Values from other samples or another batch-norm mode stand in panels of their own.
 */
export const sharpness: Chart = (results) => {
  const values = measured(results, 'keskar');
  const regimes = regimesOf(results);
  const describe = setting(values, ['space', 'epsilon']);
  const all = values.map(({ run, measure }) => ({
    run: run.id,
    regime: run.regime,
    seed: run.seed,
    panel: [spaceName(measure.options.space), describe(measure)].filter(Boolean).join(', '),
    epsilon: Number(measure.options.epsilon),
    value: measure.value,
    status: measure.converged ? 'converged' : 'not converged',
    note: measure.note,
  }));
  const { rows, leftOut } = drawable(all, ['value'], () => true);
  if (rows.length === 0) return null;

  const drawn = values.filter((_, i) => rows.includes(all[i]));
  const several = new Set(rows.map((row) => row.seed)).size > 1;
  const x = {
    field: 'epsilon',
    type: 'ordinal',
    title: 'size of the box ε',
    axis: { labelAngle: 0, format: '~e', ticks: false, labelPadding: 5 },
  } as const;
  const place = slot(regimes, [...new Set(rows.map((row) => row.seed))]);
  const xOffset = place.encoding;
  const y = {
    field: 'value',
    type: 'quantitative',
    title: 'sharpness 100 (max f − f) / (1 + f)',
    ...logAxis(rows.map((row) => row.value)),
  } as const;
  const points = pointEncoding(regimes, {
    legend: true,
    hollow: drawn.some((v) => !v.measure.converged),
  });
  const mean: Layer = {
    transform: [place.regime],
    mark: { type: 'tick', orient: 'horizontal', size: 24, thickness: 0.9, color: ink, opacity: 1 },
    encoding: { x, xOffset, y: { ...y, aggregate: 'mean' } },
  };
  const eachRun: Layer = {
    transform: [place.run],
    mark: { type: 'point', size: 38, opacity: 1, strokeWidth: 1.2 },
    encoding: {
      x,
      xOffset,
      y,
      ...points,
      tooltip: [
        { field: 'run' },
        { field: 'epsilon', type: 'quantitative', format: '~e', title: 'ε' },
        { field: 'value', type: 'quantitative', title: 'sharpness' },
        { field: 'status' },
        { field: 'note' },
      ],
    },
  };

  const title = 'Keskar sharpness';
  const caption = paragraph(
    `Largest relative rise of the training loss f in a box around the weights (Keskar et al. 2017, Metric 2.1), log axis; a point per run (${seedCounts(drawn.map((v) => v.run))})${several ? ', a bar at the mean over seeds' : ''}.`,
    measuredOnSentence(drawn),
    convergence(drawn.map((v) => v.measure)),
    variation(results),
    leftOut,
  );
  const panels = [...new Set(rows.map((row) => row.panel))];
  const epsilons = new Set(rows.map((row) => row.epsilon)).size;
  const spec = {
    facet: { field: 'panel', type: 'nominal' as const, title: null, sort: panels },
    columns: 2,
    spec: {
      width: Math.max(150, epsilons * 30 * regimes.length),
      height: 150,
      layer: [eachRun, ...(several ? [mean] : [])],
    },
  };
  return { name: 'sharpness', title, caption, rows, spec: themed(title, caption, rows, spec) };
};
