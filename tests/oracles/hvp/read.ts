import { readdirSync, readFileSync } from 'node:fs';
import {
  decode,
  decodeNamed,
  type NamedTensor,
  type StoredNamedTensor,
  type StoredTensor,
  type Tensor,
} from './arrays.js';

export type ActivationName =
  'relu' | 'leakyRelu' | 'elu' | 'tanh' | 'sigmoid' | 'softplus' | 'swish' | 'gelu' | 'geluTanh';

/** A layer of a fixture's network; README.md says what each does and how its weights are named. */
export type Layer =
  | { type: 'dense'; name: string; units: number }
  | ({ type: 'conv'; name: string; filters: number } & Window)
  | ({ type: 'maxPool' | 'averagePool' } & Window)
  | { type: 'batchNorm'; name: string; epsilon: number }
  | { type: 'activation'; function: ActivationName; alpha?: number }
  | { type: 'dropout'; name: string; rate: number }
  | { type: 'flatten' };

/** Square windows: `size` and `stride` count for rows and columns. */
export interface Window {
  size: number;
  stride: number;
  padding: 'same' | 'valid';
}

/** What a case consists of, with arrays as `A` and lists of named arrays as `N`. */
interface Case<A, N> {
  name: string;
  description: string;
  layers: Layer[];
  loss: 'softmaxCrossEntropy' | 'squaredError';
  /** Coefficient of l2/2 ||w||^2 over all weights; absent for none. */
  l2?: number;
  /** In `batch` mode each `chunk` consecutive samples share statistics. */
  batchNorm?: { mode: 'batch'; chunk: number } | { mode: 'running' };
  /** [N, rows, columns, channels] or [N, features]. */
  inputs: A;
  /** Classes of softmax cross-entropy. */
  labels?: number[];
  /** [N, outputs] of squared error. */
  targets?: A;
  sampleWeights: number[];
  weights: N;
  /** The vector v of the products, in the order and shapes of `weights`. */
  direction: N;
  /** Batch norm's `mean` and `variance` in `running` mode. */
  state: N;
  /** Dropout's factors by the layer's name, [N, ...], already divided by 1 - rate. */
  masks: N;
  results: {
    logits: A;
    /** Per sample, without weights and regularisation. */
    losses: A;
    loss: number;
    gradient: N;
    hessianVector: N;
    gaussNewtonVector: N;
    /** Of the dense Hessian, ascending. */
    eigenvalues: A;
  };
}

export type HvpCase = Case<Tensor, NamedTensor[]>;
type StoredCase = Case<StoredTensor, StoredNamedTensor[]>;

/** Names of all cases, sorted. */
export function caseNames(): string[] {
  return readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function loadCase(name: string): HvpCase {
  const text = readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8');
  const stored = JSON.parse(text) as StoredCase;
  const { results } = stored;
  return {
    ...stored,
    inputs: decode(stored.inputs),
    targets: stored.targets && decode(stored.targets),
    weights: decodeNamed(stored.weights),
    direction: decodeNamed(stored.direction),
    state: decodeNamed(stored.state),
    masks: decodeNamed(stored.masks),
    results: {
      ...results,
      logits: decode(results.logits),
      losses: decode(results.losses),
      gradient: decodeNamed(results.gradient),
      hessianVector: decodeNamed(results.hessianVector),
      gaussNewtonVector: decodeNamed(results.gaussNewtonVector),
      eigenvalues: decode(results.eigenvalues),
    },
  };
}
