import { z } from 'zod';
import { datasetNames, normalisations } from '../data/dataset.js';
import { engineNames } from '../engine/choose.js';
import type { Activation } from '../network/activations.js';
import { mostThreads } from '../engine/threads.js';
import { initializerNames } from '../network/initializers.js';
import { measureNames, measures } from './measures.js';
import { oneOf, strict } from './strict.js';

export const networkNames = ['f1'] as const;
/** A list of its own, so that reading a study does not load what the functions are made of. */
export const activations = [
  'relu',
  'leaky-relu',
  'elu',
  'gelu',
  'sigmoid',
  'tanh',
  'softplus',
  'swish',
] as const satisfies readonly Activation[];
export const optimizerNames = ['sgd', 'momentum', 'nesterov', 'adam'] as const;
export const chartNames = [
  'gap',
  'sharpness',
  'hessian-top',
  'parametric-line',
  'training-curves',
] as const;
export type ChartName = (typeof chartNames)[number];

const size = z.int().min(1);
const seed = z.int().min(0);
const unitInterval = z.number().min(0).lt(1);
const activation = z.enum(activations).default('relu').describe('After every hidden layer.');
const normalised = z
  .boolean()
  .default(true)
  .describe('Batch normalisation before every activation.');
const dropout = unitInterval.default(0).describe('Share of hidden units that is dropped.');

const data = z.union(
  [
    z.enum(datasetNames),
    strict({
      name: z.enum(datasetNames),
      normalise: z
        .enum(normalisations)
        .default('standardise')
        .describe('standardise: mean 0 and deviation 1 over the training set; unit: x / 255.'),
      train: strict({ samples: size, seed: seed.default(1) })
        .optional()
        .describe('Trains on a seeded part of the training set, which N then counts.'),
    }),
  ],
  { error: 'expected the name of a data set, or a mapping with name and normalise' },
);

/** Options of each free-form network. */
export const networkOptions = {
  mlp: strict({
    hidden: z.array(size).describe('Units of each hidden layer.'),
    activation,
    batchNorm: normalised,
    dropout,
  }),
  cnn: strict({
    filters: z.array(size).min(1).describe('Filters of each convolution (stride 1, same).'),
    kernel: size.default(5).describe('Height and width of a filter.'),
    pool: size
      .default(2)
      .describe('Size of the max pooling after a convolution (stride 2, same); 1 for none.'),
    dense: z.array(size).default([64]).describe('Units of each hidden dense layer.'),
    activation,
    batchNorm: normalised,
    dropout,
  }),
};

const network = z.union(
  [z.enum(networkNames), oneOf(networkOptions, 'network: { cnn: { filters: [16] } }')],
  { error: `expected the name of a network (${networkNames.join(', ')}), or a mapping mlp or cnn` },
);

export const initializer = z.union(
  [z.enum(initializerNames), strict({ uniform: z.number().positive() })],
  { error: 'expected the name of an initializer, or { uniform: range }' },
);

/** Seeds of a study at most. */
export const mostSeeds = 1000;

const seeds = z.union(
  [
    size.max(mostSeeds),
    z.string().regex(/^range\(\s*\d+\s*,\s*\d+\s*\)$/, 'expected range(first, end)'),
    z
      .array(seed)
      .min(1)
      .refine((list) => new Set(list).size === list.length, { error: 'a seed is listed twice' }),
  ],
  { error: 'expected a list of seeds, a number of seeds, or range(first, end)' },
);

const decay = unitInterval.default(0.9);
const momentum = strict({ momentum: decay.describe('Share of the velocity that is kept.') });
/** Options of each optimizer. */
export const optimizerOptions = {
  sgd: strict({}),
  momentum,
  nesterov: momentum,
  adam: strict({
    beta1: decay.describe('Decay of the first moment.'),
    beta2: unitInterval.default(0.999).describe('Decay of the second moment.'),
    epsilon: z.number().positive().default(1e-7).describe('Added to the root in the divisor.'),
  }),
};

const optimizer = z.union(
  [z.enum(optimizerNames), oneOf(optimizerOptions, 'optimizer: { adam: { beta1: 0.8 } }')],
  {
    error: `expected the name of an optimizer (${optimizerNames.join(', ')}), or a mapping with its options`,
  },
);

const regime = strict({
  batch: z
    .union([size, z.string()], { error: 'expected a whole number or an expression of N' })
    .describe('Batch size: a number, or an expression of N (training samples), rounded.'),
  optimizer: optimizer.describe('sgd, momentum, nesterov or adam, or one with options.'),
  epochs: size.describe('Passes over the training set.'),
  learningRate: z
    .union([z.number().positive(), z.string()], {
      error: 'expected a positive number or an expression of N and B',
    })
    .optional()
    .describe(
      'A number, or an expression of N (training samples) and B (batch size). Default: 0.001 for adam, 0.01 for the others.',
    ),
});

const measure = z.union(
  [
    z.enum(measureNames),
    oneOf(
      { keskar: measures.keskar.schema, 'hessian-top': measures['hessian-top'].schema },
      'measures: [{ hessian-top: { k: 2 } }]',
    ),
  ],
  { error: `expected one of the measures ${measureNames.join(', ')}` },
);

const regimeName = z
  .string()
  .regex(
    /^[A-Za-z0-9+][A-Za-z0-9+_.-]{0,39}$/,
    'expected a regime name of letters, digits, + - _ and . (40 characters at most)',
  );

/** A study file, before defaults are filled in on one side and after on the other. */
export const studySchema = strict({
  name: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'expected a name of lower-case letters, digits and hyphens')
    .describe('Names the folder below runs/.'),
  data: data.describe('Data set: a name, or a name with its normalisation.'),
  network: network.describe('A network by name, or a free-form mlp or cnn.'),
  initializer: initializer
    .default('glorot-uniform')
    .describe('Distribution of the initial weights.'),
  batchNorm: strict({
    epsilon: z.number().positive().default(1e-3).describe('Added to the variance.'),
    momentum: unitInterval.default(0.99).describe('Share of the running statistics that is kept.'),
  })
    .prefault({})
    .describe('Constants of batch normalisation.'),
  seeds: seeds
    .default([1])
    .describe('A list, range(first, end) without its end, or a number n for the seeds 1 to n.'),
  engine: z.enum(engineNames).default('onnx').describe('What computes.'),
  threads: size
    .max(mostThreads)
    .optional()
    .describe('Threads of the engine. Default: the physical cores.'),
  l2: z
    .number()
    .min(0)
    .default(0)
    .describe('Adds l2 / 2 * |weights|^2 to the loss that is trained and measured.'),
  regimes: z
    .record(regimeName, regime)
    .refine((regimes) => Object.keys(regimes).length > 0, {
      error: 'expected at least one regime',
    })
    .describe('How to train: one model a regime and seed, from the same initial weights a seed.'),
  measureOn: z
    .union([z.literal('all'), strict({ samples: size, seed: seed.default(1) })], {
      error: 'expected all, or a mapping with samples and seed',
    })
    .default('all')
    .describe('Training samples that measures and the line use: all, or a seeded subset.'),
  measures: z.array(measure).default([]).describe('What to measure at the final weights.'),
  line: strict({
    from: regimeName.describe('Regime at alpha = 0.'),
    to: regimeName.describe('Regime at alpha = 1.'),
    points: z.int().min(2).default(25).describe('Number of points, ends included.'),
    range: z
      .tuple([z.number(), z.number()])
      .refine(([first, last]) => first < last, { error: 'expected two rising numbers' })
      .default([-1, 2])
      .describe('First and last alpha.'),
  })
    .optional()
    .describe('Loss and accuracy along the line between two regimes of a seed.'),
  report: z
    .array(z.enum(chartNames))
    .default([...chartNames])
    .describe('Charts of the report.'),
});

/** A study file as read, all defaults filled in. */
export type Study = z.output<typeof studySchema>;

/** JSON Schema (draft 2020-12) of a study file, descriptions and defaults included. */
export function studyJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(studySchema, { io: 'input' }) };
}
