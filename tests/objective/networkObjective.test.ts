import { afterAll, describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
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
