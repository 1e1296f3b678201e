import { type Activation, activations } from './activations.js';
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
  const { hidden, activation, batchNorm, dropout } = mlpOptions;
  return defineNetwork(
    'mlp',
    inputShape,
    outputs,
    (scope, x) => {
      let h = scope.flatten(x);
      for (const units of hidden) {
        h = scope.dense(h, units);
        if (batchNorm) h = scope.batchNorm(h);
        h = scope.dropout(activations[activation](h), dropout);
      }
      return scope.dense(h, outputs);
    },
    options,
  );
}
