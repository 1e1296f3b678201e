import { type Activation, activations } from './activations.js';
import type { Tensor } from '../program/tensorflow.js';
import type { Scope } from './scope.js';
import { defineNetwork, type Network, type NetworkOptions } from './network.js';

export interface MlpOptions {
  /** Units of each hidden layer. */
  hidden: number[];
  activation: Activation;
  /** Batch norm between each hidden layer and its activation. */
  batchNorm: boolean;
  /** Share of units dropped after each hidden activation while training. */
  dropout: number;
}

/** Multilayer perceptron: hidden dense layers (batch norm, activation, dropout), a dense layer to the outputs. */
export function mlp(
  inputShape: number[],
  outputs: number,
  mlpOptions: MlpOptions,
  options?: NetworkOptions,
): Network {
  const { hidden } = mlpOptions;
  return defineNetwork(
    'mlp',
    inputShape,
    outputs,
    (scope, x) => {
      const h = hiddenLayers(scope, scope.flatten(x), hidden, mlpOptions);
      return scope.dense(h, outputs);
    },
    options,
  );
}

/** Dense layers of the given units, each followed by batch norm if asked for, activation and dropout. */
export function hiddenLayers(
  scope: Scope,
  x: Tensor,
  layers: readonly number[],
  { activation, batchNorm, dropout }: Omit<MlpOptions, 'hidden'>,
): Tensor {
  let h = x;
  for (const units of layers) {
    h = scope.dense(h, units);
    if (batchNorm) h = scope.batchNorm(h);
    h = scope.dropout(activations[activation](h), dropout);
  }
  return h;
}
