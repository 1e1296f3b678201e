import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { afterAll, describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import type { Engine } from '../../src/engine/engine.js';
import { cnn } from '../../src/network/cnn.js';
import { mlp } from '../../src/network/mlp.js';
import { initialModel } from '../../src/network/model.js';
import type { Network } from '../../src/network/network.js';
import { networkObjective, type ObjectiveOptions } from '../../src/objective/networkObjective.js';
import type { Objective } from '../../src/objective/objective.js';
import { Programs } from '../../src/objective/programs.js';
import { dot, norm } from '../../src/objective/vector.js';
import { RandomStream } from '../../src/random.js';
import { fixture, relativeError } from './fixture.js';

const onnx = onnxEngine(1);

async function denseHessian(objective: Objective, weights: Float64Array): Promise<Matrix> {
  const n = objective.size;
  const hessian = new Matrix(n, n);
  for (let j = 0; j < n; j++) {
    const unit = new Float64Array(n);
    unit[j] = 1;
    hessian.setColumn(j, await objective.hessianVector(weights, unit));
  }
  return hessian;
}

describe('The dense Hessian, column by column', () => {
  it.each(['mlp-tanh', 'mlp-l2', 'mlp-squared-error', 'conv-max-pool', 'conv-batch-norm'])(
    'of %s is symmetric and has the spectrum that PyTorch finds in float64',
    async (name) => {
      const { data, programs, objective, weights } = fixture(name, onnx);
      const hessian = await denseHessian(objective, weights);
      await programs.release();
      const size = hessian.norm();
      expect(Matrix.sub(hessian, hessian.transpose()).norm() / size).toBeLessThan(1e-6);
      const symmetric = Matrix.add(hessian, hessian.transpose()).mul(0.5);
      const found = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true }).realEigenvalues.sort((a, b) => a - b); // prettier-ignore
      const expected = data.results.eigenvalues.data;
      const largest = Math.max(Math.abs(expected[0]), expected[expected.length - 1]);
      found.forEach((value, i) =>
        expect(Math.abs(value - expected[i]) / largest).toBeLessThan(1e-5),
      );
    },
  );
});

/** A problem with normal inputs; images where the network takes those. */
function problem(network: Network, count: number, seed = 3) {
  const stream = new RandomStream(seed, 'problem');
  const width = network.inputShape.reduce((a, b) => a * b, 1);
  const samples = {
    inputs: Float32Array.from({ length: count * width }, () => stream.normal()),
    labels: Int32Array.from({ length: count }, () => stream.integer(network.outputs)),
    samples: count,
  };
  const { weights, state } = initialModel(network, 1);
  state.forEach((_, i) => (state[i] = 0.5 + stream.uniform()));
  const vector = () => Float64Array.from(weights, () => Math.fround(stream.normal()));
  return { samples, weights, state, vector };
}

const dense = mlp([6], 3, { hidden: [7, 5], activation: 'tanh', batchNorm: true, dropout: 0.3 });
const images = cnn([6, 5, 1], 3, {
  filters: [3],
  kernel: 3,
  pool: 2,
  dense: [4],
  activation: 'softplus',
  batchNorm: true,
  dropout: 0,
});

const engines = [onnx, cpuEngine()].flatMap(
  (engine) =>
  [dense, images].map((network): [string, string, Engine, Network] => [network.name, engine.name, engine, network]), // prettier-ignore
);

describe.each(engines)('The objective of a small %s on the %s engine', (_, __, engine, network) => {
  const count = 11;
  const programs = new Programs(network, engine);
  afterAll(() => programs.release());
  const { samples, weights, state, vector } = problem(network, count);
  const [u, v] = [vector(), vector()];
  const objective = (options: Partial<ObjectiveOptions> = {}, of = samples) =>
    networkObjective(programs, of, { mode: { kind: 'running' }, state, ...options });

  async function all(target: Objective) {
    const { loss, gradient } = await target.gradient(weights);
    const { accuracy, loss: evaluated } = await target.evaluate(weights);
    expect(evaluated).toBeCloseTo(loss, 6);
    return { loss, accuracy, gradient, product: await target.hessianVector(weights, v) };
  }
  type All = Awaited<ReturnType<typeof all>>;
  function expectEqual(found: All, expected: All, tolerance = 2e-6) {
    expect(Math.abs(found.loss - expected.loss)).toBeLessThan(tolerance);
    expect(found.accuracy).toBeCloseTo(expected.accuracy, 10);
    expect(relativeError(found.gradient, expected.gradient)).toBeLessThan(tolerance);
    expect(relativeError(found.product, expected.product)).toBeLessThan(tolerance * 2);
  }

  it('has a symmetric and linear Hessian', async () => {
    for (const mode of [{ kind: 'running' }, { kind: 'batch', chunk: 4 }] as const) {
      const target = objective({ mode });
      const [hu, hv] = [
        await target.hessianVector(weights, u),
        await target.hessianVector(weights, v),
      ];
      const scale = norm(u) * norm(hv);
      expect(Math.abs(dot(u, hv) - dot(v, hu)) / scale).toBeLessThan(1e-6);
      const combined = u.map((value, i) => Math.fround(2 * value - 0.5 * v[i]));
      const expected = hu.map((value, i) => 2 * value - 0.5 * hv[i]);
      const product = await target.hessianVector(weights, combined);
      expect(relativeError(product, expected)).toBeLessThan(5e-6);
      const zero = await target.hessianVector(weights, new Float64Array(target.size));
      expect(norm(zero)).toBe(0);
    }
  });

  it('does not depend on the micro-batch, with running statistics', async () => {
    const whole = await all(objective({ microBatch: count }));
    for (const microBatch of [1, 3, 5]) expectEqual(await all(objective({ microBatch })), whole);
  });

  it('does not depend on how many whole chunks go through at once, with batch statistics', async () => {
    const mode = { kind: 'batch', chunk: 3 } as const;
    const whole = await all(objective({ mode, microBatch: 100 }));
    for (const microBatch of [1, 3, 6]) {
      expectEqual(await all(objective({ mode, microBatch })), whole);
    }
    // Chunks are separate: the mean of each, weighted by its samples.
    let loss = 0;
    for (const start of [0, 3, 6, 9]) {
      const weight = (_: unknown, i: number) => Number(i >= start && i < start + 3);
      const sampleWeights = Float64Array.from({ length: count }, weight);
      const part = await objective({ mode, sampleWeights }).evaluate(weights);
      loss += (part.loss * Math.min(3, count - start)) / count;
    }
    expect(loss).toBeCloseTo(whole.loss, 5);
  });

  it('takes a chunk larger than the data as all of it', async () => {
    const whole = await all(objective({ mode: { kind: 'batch', chunk: count } }));
    expectEqual(await all(objective({ mode: { kind: 'batch', chunk: 100 } })), whole);
  });

  it('does not depend on the order of the samples', async () => {
    const width = samples.inputs.length / count;
    const order = new RandomStream(5, 'order').shuffle(Array.from({ length: count }, (_, i) => i));
    const permuted = {
      inputs: Float32Array.from(
        order.flatMap((i) => Array.from(samples.inputs.subarray(i * width, (i + 1) * width))),
      ),
      labels: Int32Array.from(order, (i) => samples.labels[i]),
      samples: count,
    };
    const mode = { kind: 'batch', chunk: count } as const;
    expectEqual(await all(objective({}, permuted)), await all(objective()));
    expectEqual(await all(objective({ mode }, permuted)), await all(objective({ mode })));
  });

  it('weights its samples, ignores those of weight 0, and the weights’ common factor', async () => {
    const some = { ...samples, samples: 4 };
    some.inputs = samples.inputs.slice(0, (4 * samples.inputs.length) / count);
    some.labels = samples.labels.slice(0, 4);
    const first = Float64Array.from({ length: count }, (_, i) => (i < 4 ? 7 : 0));
    expectEqual(await all(objective({ sampleWeights: first, microBatch: 3 })), await all(objective({}, some))); // prettier-ignore

    const unequal = Float64Array.from({ length: count }, (_, i) => 1 + i);
    const weighted = await all(objective({ sampleWeights: unequal, microBatch: 5 }));
    let [loss, total] = [0, 0];
    const gradient = new Float64Array(weights.length);
    for (let i = 0; i < count; i++) {
      const alone = Float64Array.from({ length: count }, (_, k) => Number(k === i));
      const one = await objective({ sampleWeights: alone }).gradient(weights);
      loss += unequal[i] * one.loss;
      total += unequal[i];
      gradient.forEach((_, k) => (gradient[k] += unequal[i] * one.gradient[k]));
    }
    expect(weighted.loss).toBeCloseTo(loss / total, 6);
    expect(relativeError(weighted.gradient, gradient.map((g) => g / total))).toBeLessThan(2e-6); // prettier-ignore
    await expect(async () => objective({ sampleWeights: new Float64Array(count) })).rejects.toThrow('Sample weights'); // prettier-ignore
    await expect(async () => objective({ sampleWeights: unequal.map((w) => 2 - w) })).rejects.toThrow('Sample weights'); // prettier-ignore
    await expect(async () => objective({}, { ...samples, samples: 0 })).rejects.toThrow('at least one'); // prettier-ignore
  });

  it('adds l2/2 ||w||^2, its gradient and its Hessian', async () => {
    const l2 = 0.25;
    const [plain, penalised] = [await all(objective()), await all(objective({ l2 }))];
    expectEqual(penalised, {
      loss: plain.loss + (l2 / 2) * dot(weights, weights),
      accuracy: plain.accuracy,
      gradient: plain.gradient.map((g, i) => g + l2 * weights[i]),
      product: plain.product.map((h, i) => h + l2 * v[i]),
    });
  });

  it('keeps calls that overlap apart, and goes on after a wrong one', async () => {
    const target = objective({ microBatch: 4 });
    const other = weights.map((w) => w + 0.3);
    const expected = [await target.evaluate(weights), await target.evaluate(other)];
    const wrong = target.evaluate(new Float32Array(3));
    const together = await Promise.all([target.evaluate(weights), target.evaluate(other)]);
    await expect(wrong).rejects.toThrow(`has ${network.size} weights; a vector of 3 was given`);
    expect(together).toEqual(expected);
  });
});

describe('A maximum with ties', () => {
  const network = cnn([4, 4, 1], 2, {
    filters: [2],
    kernel: 1,
    pool: 3,
    dense: [],
    activation: 'tanh',
    batchNorm: false,
    dropout: 0,
  });

  it.each([onnx, cpuEngine()].map((engine): [string, Engine] => [engine.name, engine]))(
    'gives the first its derivative in gradient and product alike: on a constant image (%s)',
    async (_, engine) => {
      const programs = new Programs(network, engine);
      const { weights, state, vector } = problem(network, 2);
      const samples = { inputs: new Float32Array(32).fill(0.7), labels: Int32Array.of(0, 1), samples: 2 }; // prettier-ignore
      const target = networkObjective(programs, samples, { mode: { kind: 'running' }, state });
      const [u, v] = [vector(), vector()];
      const [hu, hv] = [
        await target.hessianVector(weights, u),
        await target.hessianVector(weights, v),
      ];
      expect(Math.abs(dot(u, hv) - dot(v, hu)) / (norm(u) * norm(hv))).toBeLessThan(1e-6);
      // All pixels are alike, so the loss is smooth in the weights: central differences of it hold.
      const h = 1e-2;
      const at = async (t: number) =>
        (await target.gradient(Float64Array.from(weights, (w, i) => w + t * v[i]))).gradient;
      const [plus, minus] = [await at(h), await at(-h)];
      const difference = plus.map((g, i) => (g - minus[i]) / (2 * h));
      expect(relativeError(hv, difference)).toBeLessThan(5e-3);
      await programs.release();
    },
  );
});

describe('Sums over samples', () => {
  it('are float64: many equal samples have the loss and gradient of one', async () => {
    const programs = new Programs(dense, onnx);
    const { samples, weights, state } = problem(dense, 1);
    const copies = 20_000;
    const many = {
      inputs: Float32Array.from({ length: copies * 6 }, (_, i) => samples.inputs[i % 6]),
      labels: new Int32Array(copies).fill(samples.labels[0]),
      samples: copies,
    };
    const mode = { kind: 'running' } as const;
    const one = await networkObjective(programs, samples, { mode, state }).gradient(weights);
    const all = await networkObjective(programs, many, { mode, state, microBatch: 100 }).gradient(weights); // prettier-ignore
    expect(Math.abs(all.loss / one.loss - 1)).toBeLessThan(1e-7);
    expect(relativeError(all.gradient, one.gradient)).toBeLessThan(1e-6);
    await programs.release();
  });
});
