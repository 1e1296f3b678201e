import type { TopLevelSpec } from 'vega-lite';
import type { StudyResults } from '../study/results.js';

/** Several layers over one pair of axes: what figures are made of. */
export type Panel = Extract<Extract<TopLevelSpec, { facet: unknown }>['spec'], { layer: unknown }>;
/** One kind of mark in a panel. */
export type Layer = Extract<Panel['layer'][number], { mark: unknown }>;
/** The channels of a layer. */
export type Encoding = NonNullable<Layer['encoding']>;

/** One record of a tidy table: a column name to a value; null where there is none. */
export type Row = Record<string, string | number | boolean | null>;

/** A figure with all that is needed to print, redraw and check it. */
export interface ChartResult {
  /** File name without extension: `parametric-line`. */
  name: string;
  /** Heading in a report, without a full stop. */
  title: string;
  /** What is drawn, over how many seeds and samples, with which batch-norm mode, and what is left out. */
  caption: string;
  /** Vega-Lite 6 with data and theme inside, so that the file alone redraws the figure. */
  spec: TopLevelSpec;
  /** The data of the spec, one record a mark. */
  rows: Row[];
}

/**
 * Draws one figure. Pure: equal results give an equal spec.
 *
 * @returns null where the results hold no finite number to draw.
 */
export type Chart = (results: StudyResults) => ChartResult | null;
