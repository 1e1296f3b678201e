import { drawable, paragraph, seedCounts, variation, wholeData } from '../caption.js';
import type { Chart, Layer, Panel } from '../chart.js';
import { regimeDash, regimeEncoding, regimesOf } from '../regimes.js';
import { extent, lossOrAccuracy, plotWidth, themed } from '../theme.js';

const panels = [
  { quantity: 'loss', split: 'train', title: 'training loss (mean per sample)' },
  { quantity: 'loss', split: 'test', title: 'test loss (mean per sample)' },
  { quantity: 'accuracy', split: 'train', title: 'training accuracy (%)' },
  { quantity: 'accuracy', split: 'test', title: 'test accuracy (%)' },
] as const;

/** Markers on a curve: enough to tell curves apart without colour, few enough to see the line. */
const MARKERS = 12;

/**
 * Loss (log axis) and accuracy in per cent on the training and the test set against epoch: the mean
 * over each regime's finished runs, and each run as a thin line where there are several.
 */
export const trainingCurves: Chart = (results) => {
  const regimes = regimesOf(results);
  const all = results.runs.flatMap((run) =>
    run.history.flatMap((epoch) => {
      const values = {
        loss: { train: epoch.trainLoss, test: epoch.testLoss },
        accuracy: { train: 100 * epoch.trainAccuracy, test: 100 * epoch.testAccuracy },
      };
      return panels.map(({ quantity, split }) => ({
        run: run.id,
        regime: run.regime,
        seed: run.seed,
        status: run.status,
        epoch: epoch.epoch,
        split,
        quantity,
        value: values[quantity][split],
      }));
    }),
  );
  const { rows, leftOut } = drawable(all, ['value'], (row) => row.quantity === 'loss');
  if (rows.length === 0) return null;

  const runs = results.runs.filter((run) => rows.some((row) => row.run === run.id));
  const done = runs.filter((run) => run.status === 'done');
  const diverged = runs.length - done.length;
  const several = diverged > 0 || done.length > new Set(done.map((run) => run.regime)).size;
  const [, lastEpoch] = extent(rows.map((row) => row.epoch));
  const every = Math.max(1, Math.ceil(lastEpoch / MARKERS));
  const { color, shape } = regimeEncoding(regimes);

  const panel = ({ quantity, split, title }: (typeof panels)[number]): Panel => {
    const x = {
      field: 'epoch',
      type: 'quantitative',
      scale: { domainMin: 0, nice: false },
      axis: { tickMinStep: 1 },
    } as const;
    const y = lossOrAccuracy(rows, quantity, title);
    const mean = { ...y, aggregate: 'mean' } as const;
    const finished = { filter: "datum.status === 'done'" };
    const eachRun: Layer = {
      mark: { type: 'line', strokeWidth: 0.6, opacity: 0.45 },
      encoding: { x, y, color, detail: { field: 'run' } },
    };
    const meanLine = (regime: string): Layer => ({
      transform: [finished, { filter: { field: 'regime', equal: regime } }],
      mark: { type: 'line', strokeWidth: 1.5, strokeDash: regimeDash(regimes, regime) },
      encoding: { x, y: mean, color },
    });
    const markers: Layer = {
      transform: [finished, { filter: `datum.epoch % ${every} === 0` }],
      mark: { type: 'point', filled: true, size: 20, opacity: 1 },
      encoding: {
        x,
        y: mean,
        color,
        shape,
        tooltip: [
          { field: 'regime' },
          { field: 'epoch', type: 'quantitative' },
          { ...mean, title: `mean ${title}` },
          { aggregate: 'count', title: 'runs' },
        ],
      },
    };
    const lastFinite: Layer = {
      transform: [
        { filter: "datum.status === 'diverged'" },
        { joinaggregate: [{ op: 'max', field: 'epoch', as: 'last' }], groupby: ['run'] },
        { filter: 'datum.epoch === datum.last' },
      ],
      mark: { type: 'text', text: '×', fontSize: 13, fontWeight: 600 },
      encoding: { x, y, color, tooltip: [{ field: 'run' }, { field: 'status' }] },
    };
    return {
      width: plotWidth,
      height: 110,
      transform: [{ filter: `datum.quantity === '${quantity}' && datum.split === '${split}'` }],
      layer: [
        ...(several ? [eachRun] : []),
        ...(done.length ? [...regimesOf({ runs: done }).map(meanLine), markers] : []),
        ...(diverged ? [lastFinite] : []),
      ],
    };
  };

  const title = 'Training curves';
  const caption = paragraph(
    'Loss (log axis) and accuracy on the training and the test set after each epoch:',
    wholeData(results),
    done.length
      ? `Thick lines: mean over finished runs (${seedCounts(done)})${several ? '; thin lines: one run each' : ''}.`
      : 'Thin lines: one run each; none finished.',
    diverged ? `× marks the last finite epoch of a run that diverged (${diverged}).` : '',
    variation(results),
    leftOut,
  );
  const spec = { columns: 2, concat: panels.map(panel) };
  return {
    name: 'training-curves',
    title,
    caption,
    rows,
    spec: themed(title, caption, rows, spec),
  };
};
