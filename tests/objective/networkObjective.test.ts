import { afterAll, describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import { InputError } from '../../src/error.js';
import { mlp } from '../../src/network/mlp.js';
import { initialModel } from '../../src/network/model.js';
import { networkObjective } from '../../src/objective/networkObjective.js';
import { Programs } from '../../src/objective/programs.js';
import { flat } from '../oracles/hvp/arrays.js';
import { caseNames } from '../oracles/hvp/read.js';
import { fixture, relativeError } from './fixture.js';

for (const engine of [onnxEngine(1), cpuEngine()]) {
  describe(`On the ${engine.name} engine, against PyTorch in float64`, () => {
    it.each(caseNames())('%s has the loss, gradient and Hessian-vector product', async (name) => {
      const { data, network, programs, objective, weights, direction } = fixture(name, engine);
      afterAll(() => programs.release());
      expect(network.weights.map(({ shape }) => shape)).toEqual(
        data.weights.map(({ shape }) => shape),
      );
      const { loss, gradient } = await objective.gradient(weights);
      expect(Math.abs(loss - data.results.loss) / data.results.loss).toBeLessThan(1e-5);
      expect(relativeError(gradient, flat(data.results.gradient))).toBeLessThan(1e-5);
      const product = await objective.hessianVector(weights, direction);
      expect(relativeError(product, flat(data.results.hessianVector))).toBeLessThan(1e-5);
      expect((await objective.evaluate(weights)).loss).toBeCloseTo(loss, 5);
    });
  });
}

describe('accuracy', () => {
  const programs = new Programs(
    mlp([2], 2, { hidden: [], activation: 'relu', batchNorm: false, dropout: 0 }),
    cpuEngine(),
  );
  afterAll(() => programs.release());
  // At weights of zero all outputs are equal, and the first class is the answer.
  const labels = Int32Array.from({ length: 2000 }, (_, i) => (i < 939 ? 0 : 1));
  const samples = { inputs: new Float32Array(4000), labels, samples: 2000 };
  const accuracy = async (sampleWeights?: Float64Array) => {
    const options = {
      mode: { kind: 'running' },
      state: new Float32Array(0),
      sampleWeights,
    } as const;
    const objective = networkObjective(programs, samples, options);
    return (await objective.evaluate(new Float64Array(objective.size))).accuracy;
  };

  it('is a ratio of counts, to the last bit', async () => {
    expect(await accuracy()).toBe(0.4695);
  });

  it('is the share of the weight where samples are weighted', async () => {
    expect(await accuracy(Float64Array.from(labels, (label) => (label ? 1 : 3)))).toBe(2817 / 3878);
  });
});

it('An objective takes the targets of its loss alone', () => {
  const network = mlp([4], 3, { hidden: [2], activation: 'tanh', batchNorm: false, dropout: 0 });
  const { state } = initialModel(network, 1);
  const made = (loss: Programs['loss'], labels: Int32Array | Float32Array) => () =>
    networkObjective(
      new Programs(network, cpuEngine(), loss),
      { inputs: new Float32Array(5 * 4), labels, samples: 5 },
      { mode: { kind: 'running' }, state },
    );
  expect(made('squared-error', new Int32Array(5))).toThrow(InputError);
  expect(made('squared-error', new Int32Array(5))).toThrow(
    'the loss squared-error takes 5 rows of 3 targets in a Float32Array, got 5 numbers in one of type Int32Array.',
  );
  expect(made('squared-error', new Float32Array(5))).toThrow('got 5 numbers');
  expect(made('softmax-cross-entropy', new Float32Array(5))).toThrow(
    'the loss softmax-cross-entropy takes 5 class labels in an Int32Array',
  );
  expect(made('softmax-cross-entropy', new Int32Array(5))).not.toThrow();
  expect(made('squared-error', new Float32Array(15))).not.toThrow();
});
