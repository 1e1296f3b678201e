import { type Tensor, tf } from '../program/tensorflow.js';

/** An optimizer with its constants; the learning rate g is given anew at every step. */
export type OptimizerOptions =
  | { name: 'sgd' }
  | { name: 'momentum'; momentum: number }
  | { name: 'nesterov'; momentum: number }
  | { name: 'adam'; beta1: number; beta2: number; epsilon: number };

/** An optimizer as part of a training program. */
export interface Optimizer {
  /** Names of what it keeps for every weight, all zero at the start. */
  slots: string[];
  /** Numbers that change from step to step; `step` counts from 1. */
  scalars(step: number, learningRate: number): Record<string, number>;
  /** Within a trace: the new weight and slots. */
  update(
    weight: Tensor,
    gradient: Tensor,
    slots: Record<string, Tensor>,
    scalars: Record<string, Tensor>,
  ): { weight: Tensor; slots: Record<string, Tensor> };
}

/**
 * - `sgd`: w - g grad.
 * - `momentum` m: v = m v + grad, w - g v (Polyak 1964, as PyTorch writes it: the rate multiplies when
 *   the weights move, not when the velocity gathers).
 * - `nesterov` m: the same v, w - g (grad + m v) (Sutskever et al. 2013, section 2).
 * - `adam`: Kingma & Ba 2015, algorithm 1, epsilon added after the bias correction, as in PyTorch.
 */
export function optimizerOf(options: OptimizerOptions): Optimizer {
  switch (options.name) {
    case 'sgd':
      return {
        slots: [],
        scalars: (_, rate) => ({ rate }),
        update: (weight, gradient, _, { rate }) => ({
          weight: tf.sub(weight, tf.mul(rate, gradient)),
          slots: {},
        }),
      };
    case 'momentum':
    case 'nesterov':
      return withVelocity(options.momentum, options.name === 'nesterov');
    case 'adam':
      return adam(options);
  }
}

function withVelocity(momentum: number, nesterov: boolean): Optimizer {
  return {
    slots: ['velocity'],
    scalars: (_, rate) => ({ rate }),
    update(weight, gradient, slots, { rate }) {
      const velocity = tf.add(tf.mul(tf.scalar(momentum), slots.velocity), gradient);
      const direction = nesterov
        ? tf.add(gradient, tf.mul(tf.scalar(momentum), velocity))
        : velocity;
      return { weight: tf.sub(weight, tf.mul(rate, direction)), slots: { velocity } };
    },
  };
}

function adam({
  beta1,
  beta2,
  epsilon,
}: {
  beta1: number;
  beta2: number;
  epsilon: number;
}): Optimizer {
  return {
    slots: ['moment1', 'moment2'],
    // The slots are m / (1 - beta1) and v / (1 - beta2), which saves two passes over the weights a step:
    // rate m^ / (sqrt(v^) + epsilon) with all constants drawn into the rate and epsilon.
    scalars(step, learningRate) {
      const [correction1, correction2] = [1 - beta1 ** step, 1 - beta2 ** step];
      const root = Math.sqrt(correction2 / (1 - beta2));
      return { rate: (learningRate * (1 - beta1) * root) / correction1, epsilon: epsilon * root };
    },
    update(weight, gradient, slots, { rate, epsilon: added }) {
      const moment1 = tf.add(tf.mul(tf.scalar(beta1), slots.moment1), gradient);
      const moment2 = tf.add(tf.mul(tf.scalar(beta2), slots.moment2), tf.square(gradient));
      const step = tf.div(tf.mul(rate, moment1), tf.add(tf.sqrt(moment2), added));
      return { weight: tf.sub(weight, step), slots: { moment1, moment2 } };
    },
  };
}
