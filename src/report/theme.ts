import type { TopLevelSpec } from 'vega-lite';
import type { Row } from './chart.js';

type FacetSpec = Extract<TopLevelSpec, { facet: unknown }>;
type ConcatSpec = Extract<TopLevelSpec, { concat: unknown }>;

/** Colours that stay apart for every common form of colour blindness (Okabe & Ito 2008). */
export const palette = {
  blue: '#0072B2',
  vermillion: '#D55E00',
  green: '#009E73',
  purple: '#CC79A7',
  orange: '#E69F00',
  sky: '#56B4E9',
  black: '#000000',
};

/** Width of a plot's data area in points, so that with its axis it fills one column of a paper (240 pt). */
export const plotWidth = 192;

/** The font first; the others stand in where a bare SVG is opened without it. */
const font = '"Source Sans 3", "Source Sans Pro", Helvetica, Arial, sans-serif';
/** Colour of text and of marks that stand for no regime. */
export const ink = '#222222';

const config: TopLevelSpec['config'] = {
  font,
  background: '#ffffff',
  padding: 4,
  view: { stroke: null },
  concat: { spacing: 16 },
  facet: { spacing: 16 },
  axis: {
    labelFontSize: 8.5,
    titleFontSize: 9,
    titleFontWeight: 'normal',
    labelColor: ink,
    titleColor: ink,
    domainColor: '#666666',
    tickColor: '#666666',
    gridColor: '#e4e4e4',
    gridWidth: 0.5,
    tickSize: 3,
    titlePadding: 5,
    labelOverlap: 'greedy',
    labelFlush: false,
  },
  legend: {
    orient: 'top',
    labelFontSize: 9,
    titleFontSize: 9,
    titleFontWeight: 'normal',
    labelColor: ink,
    titleColor: ink,
    symbolSize: 45,
    symbolStrokeWidth: 1.4,
    symbolOpacity: 1,
    columnPadding: 12,
    labelLimit: 220,
    offset: 6,
  },
  header: {
    labelFontSize: 9,
    labelFontWeight: 600,
    labelColor: ink,
    labelPadding: 4,
    titleFontSize: 9,
  },
  title: { fontSize: 9, fontWeight: 600, color: ink, anchor: 'start', offset: 6 },
  tooltipFormat: { numberFormat: '.4~g' },
};

/** Smallest and largest value. */
export function extent(values: number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}

/**
 * Scale and axis for positive values over orders of magnitude: room at both ends, and ticks at the
 * powers of ten, or at 1, 2, 5 times those where there would be fewer than three.
 */
export function logAxis(values: number[]) {
  const [low, high] = extent(values).map(Math.log10);
  const margin = Math.max(0.06 * (high - low), (Math.log10(5) - (high - low)) / 2);
  const [from, to] = [low - margin, high + margin];
  const exponents = Array.from(
    { length: Math.ceil(to) - Math.floor(from) + 1 },
    (_, i) => Math.floor(from) + i,
  );
  const inside = (tick: number) => Math.log10(tick) >= from && Math.log10(tick) <= to;
  const decades = exponents.map((k) => Number(`1e${k}`)).filter(inside);
  const fine = exponents.flatMap((k) => [1, 2, 5].map((m) => Number(`${m}e${k}`))).filter(inside);
  return {
    scale: { type: 'log' as const, domain: [10 ** from, 10 ** to], nice: false },
    axis: { values: decades.length < 3 ? fine : decades, format: '~g' },
  };
}

/** Scale and axis for values on a linear axis that need not start at zero. */
export function linearAxis(values: number[]) {
  return {
    scale: {
      type: 'linear' as const,
      domain: extent(values),
      zero: false,
      nice: false,
      padding: 6,
    },
    axis: { tickCount: 5 },
  };
}

/**
 * The vertical channel of a panel of losses (log) or accuracies (linear). All rows of the quantity share
 * one domain, so that what lies between training and test can be read off across panels.
 */
export function lossOrAccuracy<Quantity extends string>(
  rows: readonly { quantity: Quantity; value: number }[],
  quantity: Quantity,
  title: string,
) {
  const values = rows.filter((row) => row.quantity === quantity).map((row) => row.value);
  const axis = (quantity === 'loss' ? logAxis : linearAxis)(values);
  return { field: 'value', type: 'quantitative' as const, title, ...axis };
}

/** Adds what every figure shares: schema, theme, a description for screen readers, and the rows. */
export function themed(
  title: string,
  caption: string,
  rows: Row[],
  panels: Pick<FacetSpec, 'facet' | 'columns' | 'spec'> | Pick<ConcatSpec, 'columns' | 'concat'>,
): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: `${title}. ${caption}`,
    config,
    data: { values: rows },
    ...panels,
  };
}
