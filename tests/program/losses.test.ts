import { describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import { jvp } from '../../src/program/jvp.js';
import type { TensorSpec } from '../../src/program/program.js';
import { simplify } from '../../src/program/simplify.js';
import { type Tensor, tf } from '../../src/program/tensorflow.js';
import { trace } from '../../src/program/trace.js';
import { RandomStream } from '../../src/random.js';

// Losses as users write them: TensorFlow.js' reverse mode against the kernels' forward mode.

type Matrix = ReturnType<typeof tf.tensor2d>;
const ids = (...values: number[]) => tf.tensor1d(values, 'int32');
const zeros = () => tf.zeros([4, 3]);

const losses: Record<string, (x: Matrix) => Tensor> = {
  meanSquaredError: (x) => tf.losses.meanSquaredError(zeros(), x),
  absoluteDifference: (x) => tf.losses.absoluteDifference(zeros(), x),
  huberLoss: (x) => tf.losses.huberLoss(zeros(), x),
  hingeLoss: (x) => tf.losses.hingeLoss(zeros(), x),
  logLoss: (x) => tf.losses.logLoss(tf.ones([4, 3]), tf.sigmoid(x)),
  cosineDistance: (x) => tf.losses.cosineDistance(tf.ones([4, 3]), tf.square(x), 1),
  sigmoidCrossEntropy: (x) => tf.losses.sigmoidCrossEntropy(zeros(), x),
  softmaxCrossEntropy: (x) =>
    tf.losses.softmaxCrossEntropy(tf.oneHot(ids(0, 1, 2, 0), 3), tf.square(x)),
  'weighted mean': (x) =>
    tf.losses.computeWeightedLoss(tf.square(x), tf.tensor2d([1, 0, 2, 3], [4, 1])),
  logSumExp: (x) => tf.logSumExp(x, 1),
  'softmax of the square': (x) => tf.softmax(tf.square(x), -1),
  norm: (x) => tf.norm(x, 'euclidean', 1),
  clipByValue: (x) => tf.clipByValue(tf.exp(x), 0.5, 2),
  'stack and unstack': (x) => tf.stack([...tf.unstack(tf.exp(x), 1)].reverse(), 0),
  split: (x) => {
    const [a, b] = tf.split(x, [1, 2], 1);
    return tf.mul(tf.exp(a), b);
  },
  'gather of rows': (x) => tf.gather(tf.exp(x), ids(2, 0, 2)),
  'gather of columns': (x) => tf.gather(tf.exp(x), ids(2, 0, 2, 1), 1),
  unsortedSegmentSum: (x) => tf.square(tf.unsortedSegmentSum(tf.exp(x), ids(0, -1, 1, 0), 3)),
  'squeeze and expandDims': (x) => tf.squeeze(tf.expandDims(tf.exp(x), 0)),
  where: (x) => tf.where(tf.greater(x, tf.scalar(0)), tf.square(x), tf.mul(x, tf.scalar(0.1))),
  'where not': (x) =>
    tf.where(tf.logicalNot(tf.logicalOr(tf.less(x, 0), tf.isNaN(x))), tf.exp(x), tf.neg(x)),
  batchNorm: (x) =>
    tf.batchNorm(tf.exp(x), tf.tensor1d([0.1, 0.2, 0.3]), tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 1, 2]), tf.tensor1d([3, 2, 1])), // prettier-ignore
  'moments as statistics': (x) => {
    const { mean, variance } = tf.moments(x, 0);
    return tf.batchNorm(x, mean, variance, tf.zeros([3]), tf.ones([3]), 0.1);
  },
  'max and argMax': (x) =>
    tf.mul(tf.square(tf.max(x, 1)), tf.cast(tf.add(tf.argMax(x, 1), 1), 'float32')),
  'conv1d and pooling': (x) =>
    tf.pool(tf.conv1d(x.as3D(1, 4, 3), tf.ones([2, 3, 2]), 1, 'same').square().as4D(1, 4, 2, 1), [2, 1], 'max', 'valid'), // prettier-ignore
  'broadcastTo and tile': (x) => tf.tile(tf.broadcastTo(tf.exp(x).as3D(1, 4, 3), [2, 4, 3]), [1, 1, 2]), // prettier-ignore
};

const shape: TensorSpec = { shape: [4, 3], dtype: 'float32' };
const stream = new RandomStream(2, 'losses');
const draw = () => Float32Array.from({ length: 12 }, () => stream.normal());
const [x, u, v] = [draw(), draw(), draw()];
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);

describe('The loss', () => {
  it.each(Object.entries(losses))('%s has a gradient and a symmetric Hessian', async (_, body) => {
    const loss = (x: Tensor) => tf.mean(tf.add(tf.square(body(x as Matrix)), body(x as Matrix)));
    const program = simplify(
      trace({ x: shape }, ({ x }) => ({ loss: loss(x), gradient: tf.grad(loss)(x) })),
    );
    const products: number[][] = [];
    for (const engine of [onnxEngine(1), cpuEngine()]) {
      const executable = await engine.compile(simplify(jvp(program, ['x'])));
      const alongU = await executable.run({ x, 'd x': u });
      const alongV = await executable.run({ x, 'd x': v });
      await executable.release();
      const forward = alongV['d loss'][0];
      expect(Math.abs(dot(alongV.gradient, v) - forward)).toBeLessThan(2e-5 * (1 + Math.abs(forward))); // prettier-ignore
      const [hu, hv] = [alongU['d gradient'], alongV['d gradient']];
      const size = Math.sqrt(dot(u, u) * dot(hv, hv)) + 1e-3;
      expect(Math.abs(dot(u, hv) - dot(v, hu)) / size).toBeLessThan(1e-5);
      products.push(Array.from(hv));
    }
    const [onnx, cpu] = products;
    const size = Math.max(1, Math.sqrt(dot(cpu, cpu)));
    onnx.forEach((value, i) => expect(Math.abs(value - cpu[i]) / size).toBeLessThan(1e-5));
  });
});
