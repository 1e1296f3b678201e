import type { TensorSpec } from '../program/program.js';
import { elementCount } from '../program/program.js';
import type { Tensor } from '../program/tensorflow.js';
import { trace } from '../program/trace.js';
import type { Initializer } from './initializers.js';
import { Scope } from './scope.js';

/** Where the statistics of batch norm come from, and what dropout does. */
export type Mode =
  /** Statistics of the batch; running statistics move; dropout multiplies by given masks. */
  | { kind: 'train'; chunk: number }
  /** Statistics of the batch, `chunk` consecutive samples at a time; no dropout. */
  | { kind: 'batch'; chunk: number }
  /** Running statistics; no dropout. */
  | { kind: 'running' };

/** A weight tensor and how it starts. Batch norm's scale and offset and all biases are weights too. */
export interface WeightSpec {
  name: string;
  shape: number[];
  initializer: Initializer;
}

/** A tensor that is kept with the weights but not trained: batch norm's running statistics. */
export interface StateSpec {
  name: string;
  shape: number[];
  initial: number;
}

/** Options that hold for all layers of a network. */
export interface NetworkOptions {
  /** Initialiser of kernels; biases start at 0. Default `glorot-uniform`. */
  initializer: Initializer;
  /** Batch norm: what is added to the variance, and the share of the old running statistics kept. */
  batchNorm: { epsilon: number; momentum: number };
}

/** Keras' defaults, which the papers' released code uses. */
export const defaultNetworkOptions: NetworkOptions = {
  initializer: 'glorot-uniform',
  batchNorm: { epsilon: 1e-3, momentum: 0.99 },
};

/** A network as a function: `build` is called anew for every program that is traced. */
export interface Network {
  name: string;
  /** Shape of one sample. */
  inputShape: number[];
  /** Number of outputs (logits). */
  outputs: number;
  weights: WeightSpec[];
  state: StateSpec[];
  /** Dropout masks that training needs: shape of one sample's, and the rate. */
  masks: { name: string; shape: number[]; rate: number }[];
  /** Number n of weights in all. */
  size: number;
  /** Numbers that one sample's forward pass produces: what a micro-batch costs in memory. */
  activations: number;
  options: NetworkOptions;
  /** Logits [B, outputs] of inputs [B, ...inputShape]. */
  build: (scope: Scope, x: Tensor) => Tensor;
}

/**
 * A network from a function of a scope and an input; one traced call tells which weights, state and
 * masks it has.
 *
 * @throws Error if the function does not return logits of shape [B, outputs].
 */
export function defineNetwork(
  name: string,
  inputShape: number[],
  outputs: number,
  build: Network['build'],
  options: NetworkOptions = defaultNetworkOptions,
): Network {
  const batch = 2;
  const scope = new Scope({ kind: 'train', chunk: batch }, options, {});
  const input: TensorSpec = { shape: [batch, ...inputShape], dtype: 'float32' };
  const program = trace({ x: input }, ({ x }) => {
    const logits = build(scope, x);
    if (logits.rank !== 2 || logits.shape[1] !== outputs) {
      throw new Error(
        `Network "${name}" must return logits of shape [B, ${outputs}], not [${logits.shape.join()}].`,
      );
    }
    return { logits };
  });
  const made = program.nodes.flatMap((node) =>
    node.outputs.map((id) => elementCount(program.values[id].shape)),
  );
  return {
    name,
    inputShape,
    outputs,
    weights: scope.weights,
    state: scope.state,
    masks: scope.masks,
    size: scope.weights.reduce((total, { shape }) => total + elementCount(shape), 0),
    activations: made.reduce((total, count) => total + count, 0) / batch,
    options,
    build,
  };
}
