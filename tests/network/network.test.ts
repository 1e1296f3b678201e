import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import { cnn } from '../../src/network/cnn.js';
import { f1 } from '../../src/network/f1.js';
import { mlp } from '../../src/network/mlp.js';
import { initialModel, modelHash, views } from '../../src/network/model.js';
import { defineNetwork, type Mode, type Network } from '../../src/network/network.js';
import { Scope } from '../../src/network/scope.js';
import type { TensorSpec } from '../../src/program/program.js';
import { trace } from '../../src/program/trace.js';
import { type Tensor, tf } from '../../src/program/tensorflow.js';

const layout = (specs: { name: string; shape: number[] }[]) =>
  specs.map(({ name, shape }) => `${name} ${shape.join('x')}`);

const plain = { activation: 'relu', batchNorm: false, dropout: 0 } as const;
const rich = { activation: 'relu', batchNorm: true, dropout: 0.4 } as const;

describe('F1', () => {
  it('has 1 462 794 weights on MNIST, and state for five batch norms', () => {
    const network = f1([28, 28, 1], 10);
    expect(network.size).toBe(1_462_794);
    expect(network.weights).toHaveLength(22);
    expect(layout(network.weights).slice(0, 5)).toEqual([
      'dense1/kernel 784x512',
      'dense1/bias 512',
      'norm1/scale 512',
      'norm1/shift 512',
      'dense2/kernel 512x512',
    ]);
    expect(layout(network.weights).at(-2)).toBe('dense6/kernel 512x10');
    expect(layout(network.state)).toEqual(
      [1, 2, 3, 4, 5].flatMap((i) => [`norm${i}/mean 512`, `norm${i}/variance 512`]),
    );
    expect(network.masks).toEqual([]);
    // At least the 2560 units before and after batch norm and ReLU, and not many times that.
    expect(network.activations).toBeGreaterThan(3 * 2560);
    expect(network.activations).toBeLessThan(20 * 2560);
  });
});

describe('The free-form networks', () => {
  it('mlp: hidden layers with what was asked for, then a dense layer', () => {
    expect(layout(mlp([2, 3], 4, { hidden: [5, 6], ...plain }).weights)).toEqual([
      'dense1/kernel 6x5',
      'dense1/bias 5',
      'dense2/kernel 5x6',
      'dense2/bias 6',
      'dense3/kernel 6x4',
      'dense3/bias 4',
    ]);
    const network = mlp([3], 2, { hidden: [5, 6], ...rich });
    expect(network.masks).toEqual([
      { name: 'mask dropout1', shape: [5], rate: 0.4 },
      { name: 'mask dropout2', shape: [6], rate: 0.4 },
    ]);
    expect(layout(mlp([3], 2, { hidden: [], ...plain }).weights)).toEqual([
      'dense1/kernel 3x2',
      'dense1/bias 2',
    ]);
  });

  it('cnn: convolutions with batch norm and pooling, dense layers with dropout', () => {
    const network = cnn([7, 6, 2], 3, { filters: [4, 5], kernel: 3, pool: 3, dense: [8], ...rich });
    expect(layout(network.weights)).toEqual([
      'conv1/kernel 3x3x2x4',
      'conv1/bias 4',
      'norm1/scale 4',
      'norm1/shift 4',
      'conv2/kernel 3x3x4x5',
      'conv2/bias 5',
      'norm2/scale 5',
      'norm2/shift 5',
      'dense1/kernel 20x8', // 7 x 6 halves to 4 x 3, then to 2 x 2, rounded up
      'dense1/bias 8',
      'norm3/scale 8',
      'norm3/shift 8',
      'dense2/kernel 8x3',
      'dense2/bias 3',
    ]);
    expect(network.masks).toEqual([{ name: 'mask dropout1', shape: [8], rate: 0.4 }]);
    expect(() => cnn([49], 3, { filters: [4], kernel: 3, pool: 1, dense: [], ...plain })).toThrow(InputError); // prettier-ignore
  });

  it('refuse outputs of another shape and two weights of one name', () => {
    expect(() => defineNetwork('own', [3], 2, (scope, x) => scope.dense(x, 4))).toThrow(
      'must return logits of shape [B, 2], not [2,4]',
    );
    const twice = (scope: Scope, x: Tensor) => {
      const w = () => scope.weight('w', [3, 2], 'zeros') as never;
      return tf.add(tf.matMul(x as never, w()), tf.matMul(x as never, w()));
    };
    expect(() => defineNetwork('own', [3], 2, twice)).toThrow('Two weights of a network are named "w"'); // prettier-ignore
  });
});

describe('Batch norm', () => {
  const options = { initializer: 'glorot-uniform', batchNorm: { epsilon: 0.5, momentum: 0.75 } } as const; // prettier-ignore
  const inputs = [1, 3, 5, 7, 2, 2, 10, 20];

  /** Normalised values and new running statistics of eight numbers of one channel. */
  async function normalised(mode: Mode) {
    const given: TensorSpec = { shape: [1], dtype: 'float32' };
    const ports: Record<string, TensorSpec> = {
      x: { shape: [8, 1], dtype: 'float32' },
      'norm1/mean': given,
      'norm1/variance': given,
      'norm1/scale': given,
      'norm1/shift': given,
    };
    const program = trace(ports, (tensors) => {
      const scope = new Scope(mode, options, tensors);
      const y = scope.batchNorm(tensors.x);
      const updates = Object.entries(scope.updates).map(([name, value]) => [`next ${name}`, value]);
      return { y, ...(Object.fromEntries(updates) as Record<string, Tensor>) };
    });
    const feeds = {
      x: Float32Array.from(inputs),
      'norm1/mean': Float32Array.of(4),
      'norm1/variance': Float32Array.of(1.5),
      'norm1/scale': Float32Array.of(3),
      'norm1/shift': Float32Array.of(-1),
    };
    const [a, b] = await Promise.all(
      [onnxEngine(1), cpuEngine()].map(async (engine) => (await engine.compile(program)).run(feeds)), // prettier-ignore
    );
    for (const name of Object.keys(a))
      a[name].forEach((value, i) => expect(value).toBeCloseTo(b[name][i], 5));
    return a;
  }
  const expectAll = (found: ArrayLike<number>, expected: number[]) =>
    expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 4));
  const scaled = (x: number, mean: number, variance: number) =>
    (3 * (x - mean)) / Math.sqrt(variance + 0.5) - 1;

  it('uses the running statistics where asked to, and moves none', async () => {
    const found = await normalised({ kind: 'running' });
    expect(Object.keys(found)).toEqual(['y']);
    expectAll(found.y, inputs.map((x) => scaled(x, 4, 1.5))); // prettier-ignore
  });

  it('normalises every chunk by itself; statistics move once a chunk, in order', async () => {
    // Chunks 1 3 5 7 (mean 4, variance 5) and 2 2 10 20 (mean 8.5, variance 54.75).
    const expected = inputs.map((x, i) => (i < 4 ? scaled(x, 4, 5) : scaled(x, 8.5, 54.75)));
    const found = await normalised({ kind: 'train', chunk: 4 });
    expectAll(found.y, expected);
    expectAll(found['next norm1/mean'], [0.75 * (0.75 * 4 + 0.25 * 4) + 0.25 * 8.5]);
    expectAll(found['next norm1/variance'], [0.75 * (0.75 * 1.5 + 0.25 * 5) + 0.25 * 54.75]);
    const batch = await normalised({ kind: 'batch', chunk: 4 });
    expect(Object.keys(batch)).toEqual(['y']);
    expectAll(batch.y, expected);
  });

  it('takes the whole batch as one chunk: mean 6.25, biased variance 34.9375', async () => {
    const found = await normalised({ kind: 'train', chunk: 8 });
    expectAll(found.y, inputs.map((x) => scaled(x, 6.25, 34.9375))); // prettier-ignore
    expectAll(found['next norm1/mean'], [0.75 * 4 + 0.25 * 6.25]);
    expectAll(found['next norm1/variance'], [0.75 * 1.5 + 0.25 * 34.9375]);
  });

  it('refuses batches that are not made of whole chunks', async () => {
    await expect(normalised({ kind: 'batch', chunk: 3 })).rejects.toThrow('whole chunks of 3');
    await expect(normalised({ kind: 'batch', chunk: 5 })).rejects.toThrow('whole chunks of 5');
  });
});

describe('A model', () => {
  const network = mlp([3], 2, { hidden: [5], ...rich });
  const wider = mlp([3], 4, { hidden: [5], ...rich });
  const tensor = (of: Network, seed: number, name: string) => {
    const model = initialModel(of, seed);
    return { ...views(model.weights, of.weights), ...views(model.state, of.state) }[name];
  };

  it('starts from kernels of the initialiser, biases 0, batch norm as the identity', () => {
    expect(tensor(network, 1, 'dense1/kernel').some((w) => w !== 0)).toBe(true);
    expect(Array.from(tensor(network, 1, 'dense1/bias'))).toEqual([0, 0, 0, 0, 0]);
    expect(Array.from(tensor(network, 1, 'norm1/scale'))).toEqual([1, 1, 1, 1, 1]);
    expect(Array.from(tensor(network, 1, 'norm1/shift'))).toEqual([0, 0, 0, 0, 0]);
    expect(Array.from(tensor(network, 1, 'norm1/mean'))).toEqual([0, 0, 0, 0, 0]);
    expect(Array.from(tensor(network, 1, 'norm1/variance'))).toEqual([1, 1, 1, 1, 1]);
  });

  it('has one random stream a tensor: another layer’s size moves nothing', () => {
    expect(tensor(wider, 1, 'dense1/kernel')).toEqual(tensor(network, 1, 'dense1/kernel'));
    expect(tensor(network, 2, 'dense1/kernel')).not.toEqual(tensor(network, 1, 'dense1/kernel'));
  });

  it('has a hash that repeats and changes with any weight and any state', () => {
    const model = initialModel(network, 1);
    const hash = modelHash(model);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(modelHash(initialModel(network, 1))).toBe(hash);
    model.state[3] += 1;
    const moved = modelHash(model);
    expect(moved).not.toBe(hash);
    model.weights[7] = -model.weights[7];
    expect(modelHash(model)).not.toBe(moved);
    // A view into a larger array hashes like the array itself.
    const larger = new Float32Array(network.size + 4);
    larger.set(model.weights, 2);
    const view = larger.subarray(2, 2 + network.size);
    expect(modelHash({ weights: view, state: model.state })).toBe(modelHash(model));
  });
});
