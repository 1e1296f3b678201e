import { describe, expect, it } from 'vitest';
import { BatchOrder, checkLabels, gather, subset } from '../../src/data/batches.js';
import type { Split } from '../../src/data/dataset.js';

const split: Split = {
  inputs: Float32Array.from({ length: 20 }, (_, i) => i),
  labels: Int32Array.from({ length: 10 }, (_, i) => 9 - i),
  samples: 10,
};

describe('BatchOrder', () => {
  it('shows every sample once an epoch, the rest of the division last', () => {
    const order = new BatchOrder(10, 4, 1);
    expect(order.batchesPerEpoch).toBe(3);
    const epochs = [0, 1].map(() => [0, 1, 2].map(() => [...order.next()]));
    for (const epoch of epochs) {
      expect(epoch.map((batch) => batch.length)).toEqual([4, 4, 2]);
      expect(epoch.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it('repeats for a seed, and does not depend on the batch size', () => {
    const flat = (batch: number, seed: number) => {
      const order = new BatchOrder(12, batch, seed);
      return Array.from({ length: 36 / batch }, () => [...order.next()]).flat();
    };
    expect(flat(3, 1)).toEqual(flat(3, 1));
    expect(flat(3, 1)).toEqual(flat(6, 1));
    expect(flat(3, 1)).not.toEqual(flat(3, 2));
  });

  it.each([0, 1, 2, 3, 4, 7])('goes on from a state saved after %i batches', (batches) => {
    const order = new BatchOrder(10, 4, 5);
    for (let i = 0; i < batches; i++) order.next();
    const state = JSON.parse(JSON.stringify(order.state)) as typeof order.state;
    const expected = Array.from({ length: 8 }, () => [...order.next()]);
    const resumed = new BatchOrder(10, 4, 999);
    resumed.state = state;
    expect(resumed.state).toEqual(state);
    expect(Array.from({ length: 8 }, () => [...resumed.next()])).toEqual(expected);
  });
});

describe('gather', () => {
  it('copies rows and labels, and leaves the rest of the arrays alone', () => {
    const inputs = new Float32Array(6).fill(-1);
    const labels = new Int32Array(3).fill(-1);
    gather(split, [7, 2], inputs, labels);
    expect([...inputs]).toEqual([14, 15, 4, 5, -1, -1]);
    expect([...labels]).toEqual([2, 7, -1]);
  });
});

describe('subset', () => {
  it('draws rows without replacement, each with its label', () => {
    const part = subset(split, 6, 1);
    expect(part.samples).toBe(6);
    expect(new Set(part.labels).size).toBe(6);
    for (let i = 0; i < 6; i++) {
      const row = 9 - part.labels[i];
      expect([...part.inputs.subarray(2 * i, 2 * i + 2)]).toEqual([2 * row, 2 * row + 1]);
    }
  });

  it('repeats for a seed, and begins as a larger one does', () => {
    expect(subset(split, 4, 3)).toEqual(subset(split, 4, 3));
    expect(subset(split, 10, 3).labels.slice(0, 4)).toEqual(subset(split, 4, 3).labels);
    expect(subset(split, 10, 3).labels).not.toEqual(subset(split, 10, 4).labels);
  });

  it('draws every sample about equally often', () => {
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 2000; seed++) {
      for (const label of subset(split, 3, seed).labels) counts[label]++;
    }
    // 600 expected each; five binomial deviations are 102.
    for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(102);
  });

  it.each([0, 11, 2.5, NaN])('refuses %d samples of 10', (count) => {
    expect(() => subset(split, count, 1)).toThrow('expected a subset of 1 to 10 samples');
  });
});

describe('checkLabels', () => {
  it('names the first label that is no class', () => {
    expect(() => checkLabels(Int32Array.of(0, 9, 10, -1), 10, 'labels.idx')).toThrow(
      'labels.idx: expected labels from 0 to 9, found 10 at sample 2.',
    );
    expect(() => checkLabels(Int32Array.of(0, 9), 10, 'labels.idx')).not.toThrow();
  });
});
