import { type Tensor, tf } from '../program/tensorflow.js';

/** Activation functions by the names that study files use. */
export const activations = {
  relu: (x: Tensor) => tf.relu(x),
  /** Slope 0.2 below zero. */
  'leaky-relu': (x: Tensor) => tf.leakyRelu(x, 0.2),
  elu: (x: Tensor) => tf.elu(x),
  /** x Phi(x), with the error function (Hendrycks & Gimpel 2016). */
  gelu: (x: Tensor) => {
    const half = tf.mul(x, tf.scalar(0.5));
    return tf.mul(half, tf.add(tf.scalar(1), tf.erf(tf.mul(x, tf.scalar(Math.SQRT1_2)))));
  },
  sigmoid: (x: Tensor) => tf.sigmoid(x),
  tanh: (x: Tensor) => tf.tanh(x),
  softplus: (x: Tensor) => tf.softplus(x),
  /** x sigmoid(x). */
  swish: (x: Tensor) => tf.mul(x, tf.sigmoid(x)),
} satisfies Record<string, (x: Tensor) => Tensor>;

export type Activation = keyof typeof activations;
