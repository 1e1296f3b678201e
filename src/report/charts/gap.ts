import { drawable, paragraph, seedCounts, variation, wholeData } from '../caption.js';
import type { Chart, Encoding, Layer, Panel } from '../chart.js';
import { regimesOf } from '../regimes.js';
import { ink, linearAxis, plotWidth, themed } from '../theme.js';

const panels = [
  {
    train: 'trainAccuracy',
    test: 'testAccuracy',
    gap: 'accuracyGap',
    format: '.2f',
    title: 'accuracy (%)',
  },
  {
    train: 'trainLoss',
    test: 'testLoss',
    gap: 'lossGap',
    format: '.3g',
    title: 'loss (mean per sample)',
  },
] as const;

const splits = ['training', 'test'];

/**
 * Accuracy in per cent and loss on the training and the test set at each run's final weights, by
 * regime: the two are joined by a line whose length, written beside it, is the generalization gap.
 */
export const gap: Chart = (results) => {
  const regimes = regimesOf(results);
  const all = results.runs.flatMap(({ id, regime, seed, gap }) =>
    gap === null
      ? []
      : {
          run: id,
          regime,
          seed,
          trainAccuracy: 100 * gap.trainAccuracy,
          testAccuracy: 100 * gap.testAccuracy,
          accuracyGap: 100 * gap.accuracyGap,
          trainLoss: gap.trainLoss,
          testLoss: gap.testLoss,
          lossGap: gap.lossGap,
        },
  );
  const fields = panels.flatMap(({ train, test }) => [train, test]);
  const { rows, leftOut } = drawable(all, fields);
  if (rows.length === 0) return null;

  const drawn = regimes.filter((regime) => rows.some((row) => row.regime === regime));
  const seeds = [...new Set(rows.map((row) => row.seed))];
  const several = seeds.length > 1;
  const panel = ({ train, test, gap, format, title }: (typeof panels)[number]): Panel => {
    const row: Pick<Encoding, 'y' | 'yOffset'> = {
      y: { field: 'regime', type: 'nominal', title: null, scale: { domain: drawn } },
      ...(several ? { yOffset: { field: 'seed', type: 'ordinal', scale: { domain: seeds } } } : {}),
    };
    const x = {
      type: 'quantitative',
      title,
      ...linearAxis(rows.flatMap((row) => [row[train], row[test]])),
    } as const;
    const split = { field: 'split', type: 'nominal', title: null } as const;
    const tooltip: Encoding['tooltip'] = [
      { field: 'run' },
      { field: train, type: 'quantitative', title: `training ${title}` },
      { field: test, type: 'quantitative', title: `test ${title}` },
      { field: gap, type: 'quantitative', title: 'gap' },
    ];
    const distance: Layer = {
      mark: { type: 'rule', strokeWidth: 1, color: '#999999' },
      encoding: { ...row, x: { ...x, field: train }, x2: { field: test }, tooltip },
    };
    const ends: Layer = {
      transform: [
        { fold: [train, test], as: ['field', 'value'] },
        { calculate: `datum.field === '${train}' ? 'training' : 'test'`, as: 'split' },
      ],
      mark: { type: 'point', size: 34, opacity: 1, strokeWidth: 1.2, stroke: ink },
      encoding: {
        ...row,
        x: { ...x, field: 'value' },
        fill: {
          ...split,
          scale: { domain: splits, range: [ink, '#ffffff'] },
          legend: { symbolStrokeColor: ink },
        },
        shape: { ...split, scale: { domain: splits, range: ['circle', 'diamond'] } },
        tooltip,
      },
    };
    const number: Layer = {
      transform: [{ calculate: `max(datum.${train}, datum.${test})`, as: 'right' }],
      mark: { type: 'text', align: 'left', dx: 6, fontSize: 8, color: ink },
      encoding: {
        ...row,
        x: { ...x, field: 'right' },
        text: { field: gap, type: 'quantitative', format },
      },
    };
    return {
      width: plotWidth - 20,
      height: { step: several ? 12 : 26, for: several ? 'offset' : 'position' },
      layer: [distance, ends, number],
    };
  };

  const title = 'Generalization gap';
  const caption = paragraph(
    `Accuracy and loss on the training and the test set at the final weights; the number is the gap (accuracy: train − test, in percentage points; loss: test − train). One line per run (${seedCounts(rows)}):`,
    wholeData(results),
    variation(results),
    leftOut,
  );
  const spec = { columns: 2, concat: panels.map(panel) };
  return { name: 'gap', title, caption, rows, spec: themed(title, caption, rows, spec) };
};
