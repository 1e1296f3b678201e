import type { StudyResults } from '../study/results.js';
import { ink, palette } from './theme.js';

/** Names of the regimes in the order of their first run, which fixes colour, dash and shape everywhere. */
export function regimesOf(results: Pick<StudyResults, 'runs'>): string[] {
  return [...new Set(results.runs.map((run) => run.regime))];
}

const colors = [
  palette.blue,
  palette.vermillion,
  palette.green,
  palette.purple,
  palette.orange,
  palette.sky,
  palette.black,
];
const dashes = [
  [1, 0],
  [5, 2],
  [2, 2],
  [7, 2, 2, 2],
  [9, 3],
  [4, 1, 1, 1],
  [1, 3],
];
const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross', 'wedge'];

const cycle = <T>(values: T[], regimes: string[]) =>
  regimes.map((_, i) => values[i % values.length]);

/** The colour of a regime wherever it is drawn. */
export function regimeColor(regimes: string[], regime: string): string {
  return colors[regimes.indexOf(regime) % colors.length];
}

/** Legends of lines show a piece of line. */
export const lineLegend = { symbolType: 'stroke', symbolSize: 300 };

/** The dash of a regime's line, which tells it apart without colour. */
export function regimeDash(regimes: string[], regime: string): number[] {
  return dashes[regimes.indexOf(regime) % dashes.length];
}

/** Colour by regime, and shape where there are markers. */
export function regimeEncoding(regimes: string[]) {
  const field = { field: 'regime', type: 'nominal', title: null } as const;
  return {
    color: { ...field, scale: { domain: regimes, range: cycle(colors, regimes) } },
    shape: { ...field, scale: { domain: regimes, range: cycle(shapes, regimes) } },
  };
}

/**
 * Colour and shape by regime for a point, filled where `status` is `converged`, and hollow with a
 * dashed outline elsewhere, which the legend explains where it occurs (`hollow`).
 */
export function pointEncoding(regimes: string[], options: { legend: boolean; hollow: boolean }) {
  const field = { field: 'regime', type: 'nominal', title: null } as const;
  const scale = { domain: regimes, range: cycle(colors, regimes) };
  const legend = options.legend ? {} : null;
  const converged = "datum.status === 'converged'";
  return {
    fill: { condition: { test: converged, ...field, scale, legend }, value: '#ffffff' },
    stroke: {
      condition: { test: `!(${converged})`, ...field, scale, legend },
      value: '#ffffff',
    },
    shape: { ...regimeEncoding(regimes).shape, legend },
    strokeDash: {
      field: 'status',
      type: 'nominal' as const,
      title: null,
      scale: {
        domain: ['converged', 'not converged'],
        range: [
          [1, 0],
          [1.5, 1],
        ],
      },
      legend: options.hollow
        ? {
            values: ['not converged'],
            symbolType: 'circle',
            encoding: { symbols: { stroke: { value: ink } } },
          }
        : null,
    },
  };
}

/** Places the runs of one regime side by side in a band, in the order of their seeds. */
export function slot(regimes: string[], seeds: number[]) {
  const regime = `indexof(${JSON.stringify(regimes)}, datum.regime)`;
  const seed = `indexof(${JSON.stringify(seeds)}, datum.seed)`;
  return {
    regime: { calculate: regime, as: 'slot' },
    run: { calculate: `${regime} + 0.6 * ((${seed} + 0.5) / ${seeds.length} - 0.5)`, as: 'slot' },
    encoding: {
      field: 'slot',
      type: 'quantitative' as const,
      scale: { domain: [-0.5, regimes.length - 0.5] },
    },
  };
}
