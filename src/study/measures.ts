import { z } from 'zod';
import { strict } from './strict.js';

const batchNorm = z
  .enum(['running', 'batch'])
  .default('batch')
  .describe(
    'Statistics of batch normalisation while measuring: of the batch, as in training and in the released code of Keskar et al. (2017), or running.',
  );

const chunk = z
  .int()
  .min(1)
  .optional()
  .describe(
    'Samples that share statistics with batchNorm: batch. Default: the largest batch size of the study.',
  );

const positive = z.number().positive();

/**
 * The measures a study can name: their options with defaults, and under `title` the options that may
 * be lists (each combination is measured) and how they read in a label.
 */
export const measures = {
  keskar: {
    schema: strict({
      epsilon: z
        .union([positive, z.array(positive).min(1)], {
          error: 'expected a number or a list of them',
        })
        .default([1e-3, 5e-4])
        .describe('Size of the box (Keskar et al. 2017, Metric 2.1), one or several.'),
      space: z
        .union([space(), z.array(space()).min(1)], {
          error: 'expected full, the dimension of a random subspace, or a list of them',
        })
        .default(['full', 100])
        .describe('The space that is searched: full, or the dimension of a random subspace.'),
      iterations: z.int().min(1).default(10).describe('Iterations of L-BFGS-B.'),
      scaling: z
        .enum(['none', 'unit'])
        .default('none')
        .describe(
          'Columns of the random subspace: entries from N(0, 1) as drawn, or scaled to length 1. The value depends on it.',
        ),
      batchNorm,
      chunk,
    }),
    title: {
      space: (value) => (value === 'full' ? 'full' : `${value}d`),
      epsilon: (value) => `eps=${scientific(value)}`,
    },
    unnamed: [],
  },
  'hessian-top': {
    schema: strict({
      k: z
        .int()
        .min(1)
        .default(1)
        .describe(
          'How many eigenvalues, largest magnitude first; the result has converged where all k have.',
        ),
      tolerance: positive
        .default(1e-3)
        .describe('Stops where the residual |Hv - lambda v| is below tolerance * |lambda|.'),
      maxProducts: z.int().min(1).default(100).describe('Hessian-vector products at most.'),
      batchNorm,
      chunk,
    }),
    title: {},
    unnamed: ['tolerance', 'maxProducts'],
  },
} satisfies Record<string, MeasureEntry>;

interface MeasureEntry {
  schema: z.ZodType<Record<string, unknown>>;
  title: Record<string, (value: unknown) => string>;
  /** Options that say how exactly a number is computed, not which: they are left out of its label. */
  unnamed: string[];
}

export type MeasureName = keyof typeof measures;
export const measureNames = Object.keys(measures) as [MeasureName, ...MeasureName[]];

/** Options of one case: where the study may hold a list, one of its entries. */
type Case<Options> = { [K in keyof Options]: Entry<Options[K]> };
type Entry<Value> = Value extends readonly (infer Item)[] ? Item : Value;

/** One number to measure at every run's final weights. */
export type ResolvedMeasure = {
  [M in MeasureName]: {
    measure: M;
    /** All options after defaults. */
    options: Case<z.output<(typeof measures)[M]['schema']>>;
    /** `keskar full eps=1e-3`; options that are neither in the title nor at their default follow. */
    label: string;
    /** The label as a file name. */
    slug: string;
  };
}[MeasureName];

/** One measure for each combination of the options that are lists; missing ones get their default. */
export function expandMeasure(
  measure: MeasureName,
  given: Record<string, unknown>,
): ResolvedMeasure[] {
  const { schema, title, unnamed }: MeasureEntry = measures[measure];
  const options = schema.parse(given);
  const defaults = schema.parse({});
  let cases = [options];
  for (const key of Object.keys(title)) {
    const values = [options[key]].flat();
    cases = cases.flatMap((one) => values.map((value) => ({ ...one, [key]: value })));
  }
  return cases.map((one) => {
    const label = [
      measure,
      ...Object.entries(title).map(([key, show]) => show(one[key])),
      ...Object.keys(one)
        .filter((key) => !Object.hasOwn(title, key) && !unnamed.includes(key))
        .filter((key) => one[key] !== defaults[key])
        .map((key) => `${key}=${scientific(one[key])}`),
    ].join(' ');
    return { measure, options: one, label, slug: label.replace(/[ =]/g, '-') } as ResolvedMeasure;
  });
}

function space() {
  return z.union([z.literal('full'), z.int().min(1)], {
    error: 'expected full or the dimension of a random subspace',
  });
}

/** Small numbers as 1e-3, anything else as it is. */
function scientific(value: unknown): string {
  return typeof value === 'number' && value < 0.01 ? value.toExponential() : String(value);
}
