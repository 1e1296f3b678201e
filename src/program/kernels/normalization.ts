import type { Kernel } from '../kernel.js';
import type { TensorSpec } from '../program.js';
import { call } from '../call.js';
import { type Tensor, tf } from '../tensorflow.js';
import { sum, times } from './tangents.js';

// Batch norm on the statistics of its own input, as one kernel of basin's own: written out, its
// derivatives take about twice as many passes over the activations.

interface BatchNormAttributes {
  epsilon: number;
  /** Axes that share a mean and a variance. */
  axes: number[];
}

export interface BatchNormResult {
  /** scale * normalized + offset. */
  y: Tensor;
  /** (x - mean) / sqrt(variance + epsilon). */
  normalized: Tensor;
  /** Statistics with reduced axes kept as size 1; the variance is the biased one (divided by the count). */
  mean: Tensor;
  variance: Tensor;
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015, algorithm 1) with the statistics of `x` over `axes`;
 * `scale` and `offset` have one entry a channel (last axis).
 */
export function batchNormOf(
  x: Tensor,
  scale: Tensor,
  offset: Tensor,
  { epsilon, axes }: BatchNormAttributes,
): BatchNormResult {
  const [y, normalized, mean, variance] = call(batchNorm, [x, scale, offset], { epsilon, axes });
  return { y, normalized, mean, variance };
}

/**
 * Mean over axes, which are kept with size 1, in stages of partial sums: over all but the first axis, then
 * over the first in two factors of about the root of its size. Added up in a row in float32, thousands of
 * samples would cost a digit.
 */
function stagedMean(x: Tensor, axes: number[]): Tensor {
  const [first, ...others] = axes;
  const rest = others.length > 0 ? tf.mean(x, others, true) : x;
  const size = rest.shape[first];
  const inner = largestFactor(size);
  if (inner === 1) return tf.mean(rest, first, true);
  const before = rest.shape.slice(0, first);
  const after = rest.shape.slice(first + 1);
  const partial = tf.mean(tf.reshape(rest, [...before, size / inner, inner, ...after]), first + 1);
  return tf.mean(partial, first, true);
}

/** The largest divisor up to the square root. */
function largestFactor(size: number): number {
  let factor = Math.floor(Math.sqrt(size));
  while (size % factor !== 0) factor--;
  return factor;
}

const inverseDeviation = (variance: Tensor, epsilon: number) =>
  tf.rsqrt(tf.add(variance, tf.scalar(epsilon)));

/** The axes of a [..., C] tensor other than those that `axes` leaves, for sums down to one entry a channel. */
const allButLast = (x: Tensor) => [...Array(x.rank - 1).keys()];

const batchNorm: Kernel = {
  name: 'BasinBatchNorm',
  inputs: ['x', 'scale', 'offset'],
  shape([x]: TensorSpec[], attrs) {
    const axes = (attrs as unknown as BatchNormAttributes).axes;
    const statistics = {
      shape: x.shape.map((size, i) => (axes.includes(i) ? 1 : size)),
      dtype: x.dtype,
    };
    return [x, x, statistics, statistics];
  },
  decompose([x, scale, offset], attrs) {
    const { epsilon, axes } = attrs as unknown as BatchNormAttributes;
    const mean = stagedMean(x, axes);
    const centred = tf.sub(x, mean);
    const variance = stagedMean(tf.mul(centred, centred), axes);
    const normalized = tf.mul(centred, inverseDeviation(variance, epsilon));
    return [tf.add(tf.mul(normalized, scale), offset), normalized, mean, variance];
  },
  // The Jacobian of x -> normalized is the symmetric r (I - 1 1'/M - n n'/M), r = 1 / sqrt(var + eps).
  tangent({
    inputs: [, scale],
    outputs: [, normalized, , variance],
    tangents: [dx, dScale, dOffset],
    attrs,
  }) {
    const { epsilon, axes } = attrs as unknown as BatchNormAttributes;
    if (!dx) return [sum(times(dScale, normalized), dOffset), null, null, null];
    const r = inverseDeviation(variance, epsilon);
    const dMean = stagedMean(dx, axes);
    const slope = stagedMean(tf.mul(normalized, dx), axes);
    const dNormalized = tf.mul(r, tf.sub(tf.sub(dx, dMean), tf.mul(normalized, slope)));
    const dVariance = tf.div(tf.mul(tf.scalar(2), slope), r);
    const dy = sum(times(dScale, normalized), tf.mul(dNormalized, scale), dOffset);
    return [dy, dNormalized, dMean, dVariance];
  },
};

// Composed of kernels that have tangent rules, so the second derivative needs no rule of its own.
tf.registerGradient({
  kernelName: batchNorm.name,
  inputsToSave: ['scale'],
  outputsToSave: [false, true, false, true],
  gradFunc(dys, saved, attributes) {
    const [scale, normalized, variance] = saved;
    const { epsilon, axes } = attributes as unknown as BatchNormAttributes;
    const dy = (dys as unknown as Tensor[])[0];
    // Both sums over the batch serve twice: as gradients, and in dx.
    const mean = stagedMean(dy, axes);
    const slope = stagedMean(tf.mul(dy, normalized), axes);
    const count = tf.scalar(dy.size / mean.size);
    const total = (means: Tensor) => tf.mul(tf.sum(means, allButLast(dy)), count);
    return {
      x: () => {
        const centred = tf.sub(tf.sub(dy, mean), tf.mul(normalized, slope));
        return tf.mul(centred, tf.mul(inverseDeviation(variance, epsilon), scale));
      },
      scale: () => total(slope),
      offset: () => total(mean),
    };
  },
});

/** tf.batchNorm: given statistics, so nothing couples the samples. */
const fusedBatchNorm: Kernel = {
  name: 'FusedBatchNorm',
  inputs: ['x', 'scale', 'offset', 'mean', 'variance'],
  shape: ([x]) => x,
  decompose([x, scale, offset, mean, variance], attrs) {
    const r = inverseDeviation(variance, attrs.varianceEpsilon as number);
    return [tf.add(tf.mul(tf.sub(x, mean), tf.mul(scale, r)), offset)];
  },
  tangent({ inputs, tangents: [dx, dScale, dOffset, dMean, dVariance], attrs }) {
    const [x, scale, , mean, variance] = inputs;
    const r = inverseDeviation(variance, attrs.varianceEpsilon as number);
    const dr = times(dVariance, tf.mul(tf.scalar(-0.5), tf.mul(r, tf.square(r))));
    const dFactor = sum(times(dScale, r), times(dr, scale));
    const dCentred = sum(dx, dMean && tf.neg(dMean));
    return sum(times(dCentred, tf.mul(scale, r)), times(dFactor, tf.sub(x, mean)), dOffset);
  },
};

export const normalizationKernels: Kernel[] = [batchNorm, fusedBatchNorm];
