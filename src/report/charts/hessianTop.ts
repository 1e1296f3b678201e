import { convergence, drawable, paragraph, seedCounts, variation } from '../caption.js';
import type { Chart, Layer } from '../chart.js';
import { measured, measuredOnSentence, setting } from '../panels.js';
import { pointEncoding, regimesOf } from '../regimes.js';
import { ink, linearAxis, logAxis, plotWidth, themed } from '../theme.js';

/**
 * The Hessian's eigenvalue of largest magnitude at every run's final weights, by regime; on a log
 * axis unless one is not positive. The residual ||Hv - lambda v|| is in the tooltip and in the rows.
 */
export const hessianTop: Chart = (results) => {
  const values = measured(results, 'hessian-top');
  const regimes = regimesOf(results);
  const describe = setting(values, []);
  const all = values.map(({ run, measure }) => ({
    run: run.id,
    regime: run.regime,
    seed: run.seed,
    panel: describe(measure),
    value: measure.value,
    residual: typeof measure.details.residual === 'number' ? measure.details.residual : null,
    status: measure.converged ? 'converged' : 'not converged',
    note: measure.note,
  }));
  const { rows, leftOut } = drawable(all, ['value']);
  if (rows.length === 0) return null;

  const drawn = values.filter((_, i) => rows.includes(all[i]));
  const several = new Set(rows.map((row) => row.seed)).size > 1;
  const log = rows.every((row) => row.value > 0);
  const y = { field: 'regime', type: 'nominal', title: null, sort: regimes } as const;
  const x = {
    field: 'value',
    type: 'quantitative',
    title: 'top eigenvalue λ of the Hessian',
    ...(log ? logAxis : linearAxis)(rows.map((row) => row.value)),
  } as const;
  const points = pointEncoding(regimes, {
    legend: false,
    hollow: drawn.some((v) => !v.measure.converged),
  });
  const mean: Layer = {
    mark: { type: 'tick', orient: 'vertical', size: 20, thickness: 0.9, color: ink, opacity: 1 },
    encoding: { y, x: { ...x, aggregate: 'mean' } },
  };
  const eachRun: Layer = {
    mark: { type: 'point', size: 38, opacity: 1, strokeWidth: 1.2 },
    encoding: {
      y,
      x,
      ...points,
      tooltip: [
        { field: 'run' },
        { field: 'value', type: 'quantitative', title: 'λ' },
        { field: 'residual', type: 'quantitative', title: '‖Hv − λv‖' },
        { field: 'status' },
        { field: 'note' },
      ],
    },
  };

  const title = 'Top Hessian eigenvalue';
  const caption = paragraph(
    `Eigenvalue of largest magnitude of the Hessian of the loss at the final weights${log ? ', log axis' : ''}; a point per run (${seedCounts(drawn.map((v) => v.run))})${several ? ', a bar at the mean over seeds' : ''}.`,
    measuredOnSentence(drawn),
    convergence(drawn.map((v) => v.measure)),
    variation(results),
    leftOut,
  );
  const panels = [...new Set(rows.map((row) => row.panel))];
  const spec = {
    columns: 2,
    concat: panels.map((panel) => ({
      ...(panel ? { title: panel } : {}),
      width: plotWidth,
      height: { step: 26 },
      transform: [{ filter: { field: 'panel', equal: panel } }],
      layer: [eachRun, ...(several ? [mean] : [])],
    })),
  };
  return { name: 'hessian-top', title, caption, rows, spec: themed(title, caption, rows, spec) };
};
