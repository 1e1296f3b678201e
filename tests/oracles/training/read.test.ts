import { describe, expect, test } from 'vitest';
import { flat } from '../hvp/arrays.js';
import { loadTraining, trainingNames } from './read.js';

describe('the training fixtures', () => {
  test.each(trainingNames)('%s has a batch and the weights for each of ten steps', (name) => {
    const { weights, batches, steps } = loadTraining(name);
    expect(batches).toHaveLength(10);
    expect(steps).toHaveLength(10);
    for (const step of steps) {
      expect(step.weights.map((w) => w.name)).toEqual(weights.map((w) => w.name));
      expect(step.weights.map((w) => w.shape)).toEqual(weights.map((w) => w.shape));
    }
  });

  test('start from the same weights and differ in the first step as their formulas say', () => {
    const start = flat(loadTraining('sgd').weights);
    const moves = trainingNames.map((name) => {
      const { weights, steps, optimizer } = loadTraining(name);
      expect(flat(weights)).toEqual(start);
      return flat(steps[0].weights).map((w, i) => (start[i] - w) / optimizer.learningRate);
    });
    const [gradient, momentum, nesterov, adam] = moves;
    for (let i = 0; i < start.length; i++) {
      const g = gradient[i];
      expect(momentum[i]).toBeCloseTo(g, 13);
      expect(nesterov[i]).toBeCloseTo(1.9 * g, 13);
      expect(adam[i]).toBeCloseTo(g / (Math.abs(g) + 1e-7), 9);
    }
  });
});
