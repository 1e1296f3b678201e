import { describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import { defineNetwork } from '../../src/network/network.js';
import { Programs } from '../../src/objective/programs.js';
import { tf } from '../../src/program/tensorflow.js';
import { RandomStream } from '../../src/random.js';
import type { OptimizerOptions } from '../../src/training/optimizer.js';
import { TrainingStep } from '../../src/training/trainingStep.js';
import { relativeError } from '../objective/fixture.js';
import { flat } from '../oracles/hvp/arrays.js';
import { loadTraining, trainingNames } from '../oracles/training/read.js';

for (const engine of [onnxEngine(1), cpuEngine()]) {
  describe(`On the ${engine.name} engine`, () => {
    it.each(trainingNames)(
      'ten steps of %s give the weights that PyTorch has in float64',
      async (name) => {
        const { optimizer, layers, weights, batches, steps } = loadTraining(name);
        const { type, learningRate, ...constants } = optimizer;
        const options = { name: type, ...constants } as OptimizerOptions;
        const [first] = batches;
        const outputs = layers.flatMap((layer) => (layer.type === 'dense' ? [layer.units] : []));
        const network = defineNetwork(
          'tanh',
          first.inputs.shape.slice(1),
          outputs.at(-1)!,
          (scope, x) => {
            return layers.reduce(
              (h, layer) => (layer.type === 'dense' ? scope.dense(h, layer.units) : tf.tanh(h)),
              x,
            );
          },
        );
        const initial = { weights: Float32Array.from(flat(weights)), state: new Float32Array(0) };
        const training = new TrainingStep(new Programs(network, engine), options, 0, initial);
        for (const [i, { inputs, labels }] of batches.entries()) {
          const x = Float32Array.from(inputs.data);
          const dropout = new RandomStream(1, 'dropout');
          const loss = await training.run(x, Int32Array.from(labels), i + 1, learningRate, dropout);
          expect(Math.abs(loss - steps[i].loss)).toBeLessThan(1e-5);
          expect(relativeError(training.trained.weights, flat(steps[i].weights))).toBeLessThan(
            2e-6,
          );
        }
      },
    );
  });
}
