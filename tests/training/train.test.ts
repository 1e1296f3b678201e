import { afterAll, describe, expect, it } from 'vitest';
import type { Split } from '../../src/data/dataset.js';
import type { Engine } from '../../src/engine/engine.js';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import { cnn } from '../../src/network/cnn.js';
import { mlp } from '../../src/network/mlp.js';
import { initialModel, type Model } from '../../src/network/model.js';
import type { Network } from '../../src/network/network.js';
import { networkObjective } from '../../src/objective/networkObjective.js';
import { Programs } from '../../src/objective/programs.js';
import { RandomStream } from '../../src/random.js';
import {
  type EpochRecord,
  train,
  type TrainingOptions,
  type TrainingState,
} from '../../src/training/train.js';
import { TrainingStep } from '../../src/training/trainingStep.js';

const onnx = onnxEngine(1);
const engines = [onnx, cpuEngine()].map((engine): [string, Engine] => [engine.name, engine]);
const network = mlp([4], 3, { hidden: [6], activation: 'tanh', batchNorm: true, dropout: 0.4 });

/** Classes that are told apart by the signs of two inputs. */
function split(samples: number, seed: number, width = 4): Split {
  const stream = new RandomStream(seed, 'data');
  const inputs = Float32Array.from({ length: samples * width }, () => stream.normal());
  const labels = Int32Array.from(
    { length: samples },
    (_, i) => Number(inputs[i * width] > 0) + Number(inputs[i * width + 1] > 0),
  );
  return { inputs, labels, samples };
}
const data = { train: split(23, 1), test: split(9, 2) };
const base: TrainingOptions = {
  optimizer: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  learningRate: 0.02,
  batch: 5,
  epochs: 4,
  seed: 1,
  l2: 0,
};
const optimizers: TrainingOptions['optimizer'][] = [
  base.optimizer,
  { name: 'momentum', momentum: 0.9 },
  { name: 'nesterov', momentum: 0.9 },
  { name: 'sgd' },
];

function programsFor(of: Network, engine: Engine = onnx): Programs {
  const programs = new Programs(of, engine);
  afterAll(() => programs.release());
  return programs;
}

describe.each(engines)('Training on the %s engine', (_, engine) => {
  const programs = programsFor(network, engine);

  it.each(optimizers.map((optimizer) => [optimizer.name, optimizer] as const))(
    'with %s, dropout and a smaller last batch goes on from any epoch bit by bit',
    async (_, optimizer) => {
      const options = { ...base, optimizer };
      const states: TrainingState[] = [];
      const records: EpochRecord[] = [];
      const started: TrainingState[] = [];
      const full = await train(programs, data, initialModel(network, 1), options, {
        onStart: async (state) => void started.push(structuredClone(state)),
        onEpoch: async (record, state) => {
          records.push(record);
          states.push(structuredClone(state));
        },
      });
      expect(full).toMatchObject({ status: 'done', step: 20 });
      expect(records.map(({ epoch, step }) => [epoch, step])).toEqual([[1, 5], [2, 10], [3, 15], [4, 20]]); // prettier-ignore
      for (const state of [...started, ...states]) {
        const later: EpochRecord[] = [];
        const resumed = await train(
          programs,
          data,
          initialModel(network, 99),
          options,
          { onEpoch: async (record) => void later.push(record) },
          structuredClone(state),
        );
        expect(resumed).toEqual(full);
        expect(later.map(({ epoch, trainLoss }) => [epoch, trainLoss])).toEqual(
          records.slice(state.epoch).map(({ epoch, trainLoss }) => [epoch, trainLoss]),
        );
      }
    },
  );

  it('repeats for a seed, and a seed changes order and masks alone', async () => {
    const run = (seed: number) =>
      train(programs, data, initialModel(network, 1), { ...base, seed });
    expect(await run(1)).toEqual(await run(1));
    expect((await run(2)).model.weights).not.toEqual((await run(1)).model.weights);
  });

  it('records loss and accuracy of whole sets at the weights of the epoch’s end', async () => {
    const records: EpochRecord[] = [];
    const options = { ...base, epochs: 2, l2: 0.01 };
    const { model } = await train(programs, data, initialModel(network, 1), options, {
      onEpoch: async (record) => void records.push(record),
    });
    const of = (samples: Split) =>
      networkObjective(programs, samples, { mode: { kind: 'running' }, state: model.state, l2: 0.01 }).evaluate(model.weights); // prettier-ignore
    const [onTrain, onTest] = [await of(data.train), await of(data.test)];
    expect(records[1]).toMatchObject({
      trainLoss: onTrain.loss,
      trainAccuracy: onTrain.accuracy,
      testLoss: onTest.loss,
      testAccuracy: onTest.accuracy,
      learningRate: 0.02,
    });
  });

  it('leaves the initial model as it was', async () => {
    const initial = initialModel(network, 1);
    await train(programs, data, initial, { ...base, epochs: 1 });
    expect(initial).toEqual(initialModel(network, 1));
  });
});

describe('Training', () => {
  const programs = programsFor(network);

  it('learns', async () => {
    const records: EpochRecord[] = [];
    const more = { train: split(400, 3), test: split(100, 4) };
    await train(programs, more, initialModel(network, 1), { ...base, batch: 40, epochs: 15 }, {
      onEpoch: async (record) => void records.push(record),
    }); // prettier-ignore
    expect(records.at(-1)!.trainLoss).toBeLessThan(0.6 * records[0].trainLoss);
    expect(records.at(-1)!.testAccuracy).toBeGreaterThan(0.8);
  });

  it('refuses programs with a loss that takes no class labels', async () => {
    const squared = new Programs(network, onnx, 'squared-error');
    await expect(train(squared, data, initialModel(network, 1), base)).rejects.toThrow(
      'train: the data has class labels, expected programs with the loss softmax-cross-entropy, got squared-error.',
    );
  });

  it('takes a batch larger than the data as all of it', async () => {
    const options = { ...base, epochs: 2, batch: 100 };
    expect((await train(programs, data, initialModel(network, 1), options)).step).toBe(2);
  });

  it('stops between two updates when it is aborted', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const running = train(programs, data, initialModel(network, 1), base, {
      signal: controller.signal,
      onStep: ({ step }) => {
        seen.push(step);
        if (step === 7) controller.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  const image = cnn([6, 6, 1], 3, { filters: [3], kernel: 3, pool: 2, dense: [4], activation: 'relu', batchNorm: false, dropout: 0 }); // prettier-ignore
  const plain = mlp([36], 3, { hidden: [5], activation: 'relu', batchNorm: false, dropout: 0 });
  it.each(
    engines.flatMap(([name, engine]) =>
      [image, plain].map((of): [string, string, Network, Engine] => [of.name, name, of, engine]),
    ),
  )(
    'that diverges (%s, %s) stops with the step and the last weights of a finite loss',
    async (_, __, of, engine) => {
      const programs = programsFor(of, engine);
      const images = { train: split(20, 5, 36), test: split(10, 6, 36) };
      const losses: number[] = [];
      const good: Model[] = [];
      const options = { ...base, optimizer: { name: 'sgd' as const }, learningRate: 1e25, l2: 0 };
      const { status, step, model } = await train(programs, images, initialModel(of, 1), options, {
        onStep: ({ loss }) => void losses.push(loss),
        onEpoch: async (_, { weights, state }) =>
          void good.push(structuredClone({ weights, state })),
      });
      expect(status).toBe('diverged');
      expect(step).toBe(losses.length);
      expect(losses.slice(0, -1).every(Number.isFinite)).toBe(true);
      expect(model.weights.every(Number.isFinite)).toBe(true);
      const whole = networkObjective(programs, images.train, { mode: { kind: 'running' }, state: model.state }); // prettier-ignore
      if (step === 2) expect(model).toEqual(initialModel(of, 1));
      if (step === 2) expect((await whole.evaluate(model.weights)).loss).toBeLessThan(100);
      expect(good.length).toBeLessThan(base.epochs);
    },
  );

  it('that leaves running statistics infinite has diverged, however finite its loss', async () => {
    const programs = programsFor(network);
    const losses: number[] = [];
    const options = { ...base, optimizer: { name: 'sgd' as const }, learningRate: 1e21 };
    const { status, model } = await train(programs, data, initialModel(network, 1), options, {
      onStep: ({ loss }) => void losses.push(loss),
    });
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(status).toBe('diverged');
    expect([...model.weights].every(Number.isFinite)).toBe(true);
  });
});

describe('A training step', () => {
  it('with l2 adds l2 w to the gradient of the mean loss', async () => {
    const plain = mlp([4], 3, { hidden: [6], activation: 'tanh', batchNorm: false, dropout: 0 });
    const programs = programsFor(plain);
    const initial = initialModel(plain, 1);
    const { gradient, loss } = await networkObjective(programs, data.train, { mode: { kind: 'running' }, state: initial.state }).gradient(initial.weights); // prettier-ignore
    const step = new TrainingStep(programs, { name: 'sgd' }, 0.5, initial);
    const dropout = new RandomStream(1, 'dropout');
    expect(await step.run(data.train.inputs, data.train.labels, 1, 0.1, dropout)).toBeCloseTo(
      loss,
      5,
    );
    step.trained.weights.forEach((w, i) =>
      expect(w).toBeCloseTo(initial.weights[i] - 0.1 * (gradient[i] + 0.5 * initial.weights[i]), 6),
    );
    step.undo();
    expect(step.trained.weights).toEqual(initial.weights);
  });

  it('draws masks that are 0 with the dropout’s rate and keep the mean', async () => {
    const masks: Float32Array[] = [];
    const engine: Engine = {
      name: 'collector',
      version: '',
      threads: 1,
      compile: async () => ({
        run: async (feeds) => {
          masks.push(feeds['mask dropout1'] as Float32Array);
          return { losses: new Float32Array(1) };
        },
        release: async () => {},
      }),
    };
    const step = new TrainingStep(new Programs(network, engine), { name: 'sgd' }, 0, initialModel(network, 1)); // prettier-ignore
    const dropout = new RandomStream(1, 'dropout');
    const targets = new Int32Array(5000);
    await step.run(new Float32Array(0), targets, 1, 0.1, dropout);
    await step.run(new Float32Array(0), targets, 2, 0.1, dropout);
    const [first, second] = masks;
    expect(first).toHaveLength(5000 * 6);
    expect(new Set(first)).toEqual(new Set([0, Math.fround(1 / 0.6)]));
    const mean = first.reduce((a, b) => a + b) / first.length;
    expect(Math.abs(mean - 1)).toBeLessThan(0.02); // four standard errors
    expect(second).not.toEqual(first);
  });
});
