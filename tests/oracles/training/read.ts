import { readFileSync } from 'node:fs';
import {
  decode,
  decodeNamed,
  type NamedTensor,
  type StoredNamedTensor,
  type StoredTensor,
  type Tensor,
} from '../hvp/arrays.js';
import type { Layer } from '../hvp/read.js';

export const trainingNames = ['sgd', 'momentum', 'nesterov', 'adam'] as const;
export type TrainingName = (typeof trainingNames)[number];

export type Optimizer =
  | { type: 'sgd'; learningRate: number }
  | { type: 'momentum' | 'nesterov'; learningRate: number; momentum: number }
  | { type: 'adam'; learningRate: number; beta1: number; beta2: number; epsilon: number };

/** A short training run, with arrays as `A` and lists of named arrays as `N`. */
interface Training<A, N> {
  name: TrainingName;
  optimizer: Optimizer;
  layers: Layer[];
  /** Before the first step. */
  weights: N;
  /** One batch a step; the loss is the mean softmax cross-entropy of a batch. */
  batches: { inputs: A; labels: number[] }[];
  /** For each step the loss before it and the weights after it. */
  steps: { loss: number; weights: N }[];
}

export type TrainingCase = Training<Tensor, NamedTensor[]>;
type StoredTraining = Training<StoredTensor, StoredNamedTensor[]>;

export function loadTraining(name: TrainingName): TrainingCase {
  const text = readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8');
  const stored = JSON.parse(text) as StoredTraining;
  return {
    ...stored,
    weights: decodeNamed(stored.weights),
    batches: stored.batches.map(({ inputs, labels }) => ({ inputs: decode(inputs), labels })),
    steps: stored.steps.map(({ loss, weights }) => ({ loss, weights: decodeNamed(weights) })),
  };
}
