import { z } from 'zod';
import { datasetNames, normalisations } from '../data/dataset.js';
import { engineNames } from '../engine/choose.js';
import type { EpochRecord } from '../training/train.js';
import type { ResolvedTraining } from './resolve.js';
import type { LineResult, MeasureResult, StudyResults } from './results.js';
import { initializer, networkOptions, networkNames, optimizerOptions } from './schema.js';

// What is read back from run folders and reports. Keys that are not named here are kept.

/** Any number. JSON writes NaN and the infinities as null, which is read as NaN. */
const float = z
  .custom<number | null>((value) => typeof value === 'number' || value === null)
  .transform((value) => value ?? NaN);

const batchNormMode = z.enum(['running', 'batch', 'none']);

const { mlp, cnn } = networkOptions;
const { momentum, adam } = optimizerOptions;

const training = {
  data: z.object({
    name: z.enum(datasetNames),
    normalise: z.enum(normalisations),
    train: z.object({ samples: z.int(), seed: z.int() }).optional(),
    hash: z.string(),
  }),
  network: z.discriminatedUnion('name', [
    z.object({ name: z.enum(networkNames) }),
    mlp.extend({ name: z.literal('mlp') }),
    cnn.extend({ name: z.literal('cnn') }),
  ]),
  initializer,
  batchNorm: z.object({ epsilon: z.number(), momentum: z.number() }),
  l2: z.number(),
  engine: z.enum(engineNames),
  seed: z.int(),
  batch: z.int(),
  optimizer: z.discriminatedUnion('name', [
    z.object({ name: z.literal('sgd') }),
    momentum.extend({ name: z.enum(['momentum', 'nesterov']) }),
    adam.extend({ name: z.literal('adam') }),
  ]),
  learningRate: z.number(),
  epochs: z.int(),
};

/** `config.yaml` of a run. */
export const runConfig: z.ZodType<{ regime: string } & ResolvedTraining> = z.object({
  regime: z.string(),
  ...training,
});

/** A line of `metrics.jsonl`. */
export const epochRecord: z.ZodType<EpochRecord> = z.looseObject({
  epoch: z.int(),
  step: z.int(),
  trainLoss: float,
  trainAccuracy: float,
  testLoss: float,
  testAccuracy: float,
  learningRate: z.number(),
  seconds: z.number(),
});

/** The result of a measure. */
export const measureResult: z.ZodType<MeasureResult> = z.looseObject({
  measure: z.string(),
  label: z.string(),
  options: z.record(z.string(), z.unknown()),
  value: float,
  converged: z.boolean(),
  note: z.string(),
  details: z.record(z.string(), z.unknown()),
  provenance: z.looseObject({
    weightsHash: z.string(),
    dataHash: z.string(),
    samples: z.int(),
    of: z.int(),
    split: z.enum(['train', 'test']),
    subsetSeed: z.int().nullable(),
    batchNorm: batchNormMode,
    chunk: z.int().nullable(),
    l2: z.number(),
    engine: z.string(),
    seed: z.int(),
    seconds: z.number(),
  }),
});

/** Loss and accuracy along a line. */
export const lineResult: z.ZodType<LineResult> = z.looseObject({
  from: z.string(),
  to: z.string(),
  seed: z.int(),
  batchNorm: batchNormMode,
  trainSamples: z.int(),
  testSamples: z.int(),
  points: z.array(
    z.looseObject({
      alpha: z.number(),
      trainLoss: float,
      trainAccuracy: float,
      testLoss: float,
      testAccuracy: float,
    }),
  ),
});

/** `results.json` of a report. */
export const studyResults: z.ZodType<StudyResults> = z.looseObject({
  name: z.string(),
  version: z.string(),
  command: z.string(),
  hardware: z.looseObject({
    cpu: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
    os: z.string(),
    node: z.string(),
  }),
  engine: z.looseObject({ name: z.string(), version: z.string(), threads: z.number() }),
  data: z.looseObject({
    name: z.string(),
    hash: z.string(),
    trainSamples: z.int(),
    of: z.int(),
    subsetSeed: z.int().nullable(),
    testSamples: z.int(),
    normalise: z.string(),
  }),
  network: z.looseObject({ name: z.string(), weights: z.int(), batchNorm: z.boolean() }),
  l2: z.number(),
  charts: z.array(z.string()),
  runs: z.array(
    z.looseObject({
      id: z.string(),
      regime: z.string(),
      seed: z.int(),
      batch: z.int(),
      optimizer: z.string(),
      learningRate: z.number(),
      epochs: z.int(),
      steps: z.int(),
      seconds: z.number(),
      status: z.enum(['done', 'diverged']),
      weightsHash: z.string(),
      initialWeightsHash: z.string(),
      history: z.array(epochRecord),
      gap: z
        .looseObject({
          trainLoss: float,
          trainAccuracy: float,
          testLoss: float,
          testAccuracy: float,
          lossGap: float,
          accuracyGap: float,
        })
        .nullable(),
      measures: z.array(measureResult),
    }),
  ),
  lines: z.array(lineResult),
});
