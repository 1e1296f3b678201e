import { describe, expect, it } from 'vitest';
import { subset } from '../../src/data/batches.js';
import { loadDataset } from '../../src/data/dataset.js';
import { InputError } from '../../src/error.js';

const histogram = (labels: Int32Array) => {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
};

describe('loadDataset', () => {
  const mnist = loadDataset('mnist');

  it('holds the complete MNIST with its published counts of every digit', () => {
    expect(mnist.inputShape).toEqual([28, 28, 1]);
    expect(mnist.classes).toBe(10);
    expect([mnist.train.samples, mnist.test.samples]).toEqual([60_000, 10_000]);
    expect(mnist.train.inputs.length).toBe(60_000 * 784);
    expect(mnist.test.inputs.length).toBe(10_000 * 784);
    expect(histogram(mnist.train.labels)).toEqual([
      5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]);
    expect(histogram(mnist.test.labels)).toEqual([
      980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]);
    expect([...mnist.train.labels.slice(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect(mnist.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('can train on a seeded part, scaled like the whole, with the test set as it is', () => {
    const part = loadDataset('mnist', { train: { samples: 100, seed: 3 } });
    expect(part.train.samples).toBe(100);
    expect(part.train).toEqual(subset(mnist.train, 100, 3));
    expect(part.test.samples).toBe(10_000);
    expect(part.mean).toEqual(mnist.mean);
    expect(() => loadDataset('mnist', { train: { samples: 60_001, seed: 1 } })).toThrow(InputError);
  });

  it('standardises with the published mean 0.1307 and deviation 0.3081', () => {
    expect(mnist.mean[0]).toBeCloseTo(0.1307, 4);
    expect(mnist.sd[0]).toBeCloseTo(0.3081, 4);
    const { inputs } = mnist.train;
    let sum = 0;
    let squares = 0;
    for (const x of inputs) {
      sum += x;
      squares += x * x;
    }
    expect(sum / inputs.length).toBeCloseTo(0, 6);
    expect(squares / inputs.length).toBeCloseTo(1, 6);
    expect(mnist.test.inputs[0]).toBeCloseTo(-mnist.mean[0] / mnist.sd[0], 6);
  });

  it('refuses an unknown name with a suggestion or the names there are', () => {
    expect(() => loadDataset('mnits')).toThrow('unknown data set "mnits", did you mean "mnist"?');
    expect(() => loadDataset('toString')).toThrow(InputError);
    expect(() => loadDataset('imagenet')).toThrow('expected one of: mnist.');
  });
});
