import { tf } from '../program/tensorflow.js';
import { defineNetwork, type Network, type NetworkOptions } from './network.js';

/**
 * F1 of Keskar et al. (2017), appendix B: five times (dense 512, batch norm, ReLU), then a dense layer
 * to the classes. Dense layers have biases. On MNIST 1 462 794 weights.
 */
export function f1(inputShape: number[], outputs: number, options?: NetworkOptions): Network {
  return defineNetwork(
    'f1',
    inputShape,
    outputs,
    (scope, x) => {
      let h = scope.flatten(x);
      for (let layer = 0; layer < 5; layer++) h = tf.relu(scope.batchNorm(scope.dense(h, 512)));
      return scope.dense(h, outputs);
    },
    options,
  );
}
