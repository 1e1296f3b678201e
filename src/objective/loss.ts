import { type Tensor, tf } from '../program/tensorflow.js';

/** A loss of one sample: [B] losses from [B, K] outputs and the targets. */
export type PerSampleLoss = (outputs: Tensor, targets: Tensor) => Tensor;

/** Cross-entropy of the softmax: log sum_k exp(z_k) - z_y, for labels y [B] (int32). */
export const softmaxCrossEntropy: PerSampleLoss = (logits, labels) => {
  const classes = logits.shape[1]!;
  const target = tf.oneHot(labels.flatten(), classes, 1, 0, 'float32');
  return tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits, -1)), 1));
};

/** Mean over the K outputs of (z - t)^2, for targets t [B, K]. */
export const squaredError: PerSampleLoss = (outputs, targets) =>
  tf.mean(tf.square(tf.sub(outputs, targets)), 1);

/** Losses by name. */
export const losses = {
  'softmax-cross-entropy': softmaxCrossEntropy,
  'squared-error': squaredError,
};
export type LossName = keyof typeof losses;
