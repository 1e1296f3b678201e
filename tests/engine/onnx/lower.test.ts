import { describe, expect, it } from 'vitest';
import type { Feeds } from '../../../src/engine/engine.js';
import { lower } from '../../../src/engine/onnx/lower.js';
import { onnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../../src/engine/tfjs/replayEngine.js';
import { batchNormOf } from '../../../src/program/kernels/normalization.js';
import { elementCount, type Program, type TensorSpec } from '../../../src/program/program.js';
import { simplify } from '../../../src/program/simplify.js';
import { type Tensor, tf } from '../../../src/program/tensorflow.js';
import { trace } from '../../../src/program/trace.js';
import { RandomStream } from '../../../src/random.js';

// Tensors of the traced functions are handed on as they are: their ranks are the test's own business.
type Any = ReturnType<typeof tf.tensor4d> & ReturnType<typeof tf.tensor2d>;

function traced(
  shapes: Record<string, number[]>,
  body: (tensors: Record<string, Any>) => Record<string, Tensor>,
): Program {
  const specs: Record<string, TensorSpec> = {};
  for (const [name, shape] of Object.entries(shapes)) specs[name] = { shape, dtype: 'float32' };
  return simplify(trace(specs, body as Parameters<typeof trace>[1]));
}

const ops = (program: Program) => lower(program).node.map(({ opType }) => opType);
const countOf = (program: Program, type: string) => ops(program).filter((op) => op === type).length;

/** The same on ONNX Runtime and on TensorFlow.js. */
async function expectAgreement(program: Program): Promise<void> {
  const stream = new RandomStream(11, 'feeds');
  const feeds: Feeds = {};
  for (const { name, value } of program.inputs) {
    const count = elementCount(program.values[value].shape);
    feeds[name] = Float32Array.from({ length: count }, () => stream.normal());
  }
  const results: Feeds[] = [];
  for (const engine of [onnxEngine(1), cpuEngine()]) {
    const executable = await engine.compile(program);
    results.push(await executable.run(feeds));
    await executable.release();
  }
  const [onnx, cpu] = results;
  for (const name of Object.keys(cpu)) {
    expect(onnx[name]).toHaveLength(cpu[name].length);
    cpu[name].forEach((value, i) => expect(onnx[name][i]).toBeCloseTo(value, 4));
  }
}

describe('Gemm fusion', () => {
  const shapes = { x: [4, 3], w: [3, 5], v: [3, 5], b: [5] };

  it('takes in a bias', async () => {
    const program = traced(shapes, ({ x, w, b }) => ({ y: tf.add(tf.matMul(x, w), b) }));
    expect(ops(program)).toEqual(['Gemm']);
    await expectAgreement(program);
    const reversed = traced(shapes, ({ x, w, b }) => ({ y: tf.add(b, tf.matMul(x, w)) }));
    expect(ops(reversed)).toEqual(['Gemm']);
    await expectAgreement(reversed);
  });

  it('chains products that are summed', async () => {
    const program = traced(shapes, ({ x, w, v, b }) => ({
      y: tf.add(tf.add(tf.matMul(x, w), tf.matMul(x, v)), b),
    }));
    expect(ops(program)).toEqual(['Gemm', 'Gemm', 'Add']);
    await expectAgreement(program);
    const square = traced({ x: [3, 3], w: [3, 3], v: [3, 3] }, ({ x, w, v }) => ({
      y: tf.add(tf.matMul(v, tf.relu(tf.matMul(x, w))), tf.matMul(x, v)),
    }));
    expect(countOf(square, 'Add')).toBe(0);
    await expectAgreement(square);
  });

  it('leaves a product that is read twice, or given out, alone', async () => {
    const twice = traced(shapes, ({ x, w, b }) => {
      const product = tf.matMul(x, w);
      return { y: tf.add(product, b), z: tf.relu(product) };
    });
    expect(countOf(twice, 'Add')).toBe(1);
    await expectAgreement(twice);
    const given = traced(shapes, ({ x, w, b }) => {
      const product = tf.matMul(x, w);
      return { y: tf.add(product, b), product };
    });
    expect(countOf(given, 'Add')).toBe(1);
    await expectAgreement(given);
    const doubled = traced(shapes, ({ x, w }) => {
      const product = tf.matMul(x, w);
      return { y: tf.add(product, product) };
    });
    expect(countOf(doubled, 'Add')).toBe(1);
    await expectAgreement(doubled);
  });

  it('leaves a product that broadcasts to the sum alone', async () => {
    const program = traced({ x: [1, 3], w: [3, 5], c: [4, 5] }, ({ x, w, c }) => ({
      y: tf.add(tf.matMul(x, w), c),
    }));
    expect(countOf(program, 'Add')).toBe(1);
    await expectAgreement(program);
  });
});

describe('Layouts', () => {
  const image = { x: [2, 6, 5, 3], k: [3, 3, 3, 4], l: [3, 3, 4, 2], c: [4] };

  it('cancel along convolution, bias, batch norm, ReLU and pooling: one transpose in, one out', async () => {
    const program = traced({ ...image, d: [4] }, ({ x, k, l, c, d }) => {
      const h = tf.add(tf.conv2d(x, k, 1, 'same'), c);
      const { y } = batchNormOf(h, c, d, { epsilon: 1e-3, axes: [0, 1, 2] });
      const pooled = tf.maxPool(tf.relu(y) as Any, 2, 2, 'same');
      return { y: tf.avgPool(tf.conv2d(pooled, l, 1, 'same'), 2, 1, 'valid') };
    });
    const images = lower(program).node.filter(
      ({ opType, attribute }) =>
        opType === 'Transpose' && ['0,3,1,2', '0,2,3,1'].includes(String(attribute[0].ints)),
    );
    expect(images).toHaveLength(2);
    await expectAgreement(program);
  });

  it('need no transpose where there is one channel or one pixel', () => {
    const gray = traced({ x: [2, 4, 4, 1], k: [4, 4, 1, 3] }, ({ x, k }) => ({
      y: tf.conv2d(x, k, 1, 'valid'),
    }));
    expect(countOf(gray, 'Transpose')).toBe(1); // the filter's
    expect(countOf(gray, 'Reshape')).toBe(2);
  });

  it.each<[string, number[]]>([
    ['a number', []],
    ['one number a channel', [4]],
    ['one number a column and channel', [5, 4]],
    ['one image for all', [6, 5, 4]],
    ['one number a pixel', [1, 6, 5, 1]],
    ['one number a sample and channel', [2, 1, 1, 4]],
    ['an image as TensorFlow.js has it', [2, 6, 5, 4]],
    ['a tensor of rank 5', [3, 1, 6, 5, 4]],
  ])('let %s meet the result of a convolution', async (_, shape) => {
    await expectAgreement(
      traced({ ...image, o: shape }, ({ x, k, o }) => {
        const h = tf.conv2d(x, k, 1, 'same');
        return {
          product: tf.mul(o, h),
          larger: tf.maximum(h, o),
          chosen: tf.where(tf.greater(o, tf.scalar(0)), h, tf.mul(h, tf.scalar(0.5))),
        };
      }),
    );
  });

  it('are given up for what reads images in their own order', async () => {
    await expectAgreement(
      traced(image, ({ x, k }) => {
        const h = tf.conv2d(x, k, [2, 1], 'same');
        return {
          flat: tf.reshape(h, [2, -1]),
          padded: tf.pad(h, [[0, 0], [1, 0], [0, 2], [0, 1]], 3), // prettier-ignore
          part: tf.slice(h, [0, 1, 1, 2], [2, 1, 2, 2]),
          joined: tf.concat([h, h], 3),
          turned: tf.transpose(h, [3, 2, 0, 1]),
          softmax: tf.softmax(h),
          parts: tf.stack(tf.unstack(h, 3), 0),
          tiled: tf.tile(h, [2, 1, 1, 1]),
          reversed: tf.reverse(h, [1, 3]),
          sum: tf.addN([h, tf.relu(h), tf.square(h)]),
        };
      }),
    );
  });

  const axes = [[], [0], [3], [1, 2], [0, 1, 2], [1, 2, 3], [0, 1, 2, 3]];
  it.each(axes.flatMap((axis) => [false, true].map((keep): [number[], boolean] => [axis, keep])))(
    'are right for sums, means and maxima over %j, axes kept: %s',
    async (axis, keep) => {
      await expectAgreement(
        traced(image, ({ x, k }) => {
          const h = tf.conv2d(x, k, 1, 'same');
          const wide = tf.sum(h, axis, keep);
          return {
            sum: keep ? tf.sub(h, wide) : wide,
            mean: tf.mean(h, axis, keep),
            max: tf.max(h, axis, keep),
            min: tf.min(h, axis, keep),
          };
        }),
      );
    },
  );
});

describe('Names', () => {
  it('of ports may look like those of values inside', async () => {
    const ports = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`v${i}`, [2]]));
    await expectAgreement(
      traced(ports, (t) => ({ v6: tf.add(tf.neg(t.v0), tf.mul(t.v1, t.v5)), v7: tf.exp(t.v2) })),
    );
  });
});
