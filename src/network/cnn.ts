import { InputError } from '../error.js';
import { activations } from './activations.js';
import { hiddenLayers, type MlpOptions } from './mlp.js';
import { defineNetwork, type Network, type NetworkOptions } from './network.js';

export interface CnnOptions extends Omit<MlpOptions, 'hidden'> {
  /** Filters of each convolution. */
  filters: number[];
  /** Height and width of every filter; "same" padding, stride 1. */
  kernel: number;
  /** Max pooling over squares of this size after every convolution, stride 2, "same"; 1 for none. */
  pool: number;
  /** Units of the dense layers between the convolutions and the outputs. */
  dense: number[];
}

/** Convolutions (batch norm, activation, max pooling), dense layers (batch norm, activation, dropout), outputs. */
export function cnn(
  inputShape: number[],
  outputs: number,
  cnnOptions: CnnOptions,
  options?: NetworkOptions,
): Network {
  if (inputShape.length !== 3) {
    throw new InputError(
      `network cnn: expected images (height, width, channels), found inputs of shape [${inputShape}].`,
    );
  }
  const { filters, kernel, pool, dense, activation, batchNorm } = cnnOptions;
  return defineNetwork(
    'cnn',
    inputShape,
    outputs,
    (scope, x) => {
      let h = x;
      for (const count of filters) {
        h = scope.conv(h, count, kernel);
        if (batchNorm) h = scope.batchNorm(h);
        h = activations[activation](h);
        if (pool > 1) h = scope.maxPool(h, pool, 2, 'same');
      }
      h = hiddenLayers(scope, scope.flatten(h), dense, cnnOptions);
      return scope.dense(h, outputs);
    },
    options,
  );
}
