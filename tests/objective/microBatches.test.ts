import { describe, expect, it } from 'vitest';
import { microBatches, microBatchSize } from '../../src/objective/microBatches.js';

describe('Micro-batches', () => {
  it('cover every sample once, in order, whatever the sizes', () => {
    for (const samples of [1, 2, 5, 7, 12, 30]) {
      for (const chunk of [1, 2, 3, 4, 40]) {
        for (const most of [undefined, 0, 1, 2.5, 3, 5, 100]) {
          const size = microBatchSize(1000, samples, chunk, most);
          const parts = microBatches(samples, size, chunk);
          let next = 0;
          for (const { start, count, padded } of parts) {
            expect(start).toBe(next);
            expect(count).toBeGreaterThan(0);
            expect(padded).toBeGreaterThanOrEqual(count);
            next += count;
          }
          expect(next).toBe(samples);
        }
      }
    }
  });

  it('are of equal size where samples stand alone, so that one program serves all', () => {
    expect(microBatchSize(1, 10, 1, 4)).toBe(4);
    expect(microBatches(10, 4, 1).map(({ count, padded }) => [count, padded])).toEqual([
      [4, 4],
      [4, 4],
      [2, 4],
    ]);
    expect(microBatchSize(1, 9, 1, 4)).toBe(3);
    expect(microBatchSize(1, 1, 1)).toBe(1);
  });

  it('are made of whole chunks, and of one smaller chunk at the end', () => {
    expect(microBatchSize(1, 14, 4, 9)).toBe(8);
    expect(microBatches(14, 8, 4)).toEqual([
      { start: 0, count: 8, padded: 8 },
      { start: 8, count: 4, padded: 4 },
      { start: 12, count: 2, padded: 2 },
    ]);
    expect(microBatches(14, 4, 4).map(({ count }) => count)).toEqual([4, 4, 4, 2]);
    expect(microBatches(8, 8, 4).map(({ count }) => count)).toEqual([8]);
  });

  it('hold at least one chunk; a chunk larger than the data is all of it', () => {
    expect(microBatchSize(1, 100, 32, 5)).toBe(32);
    expect(microBatchSize(1e12, 100, 32)).toBe(32);
    const size = microBatchSize(1, 10, 32);
    expect(microBatches(10, size, 32)).toEqual([{ start: 0, count: 10, padded: 10 }]);
  });

  it('shrink with what a sample costs', () => {
    expect(microBatchSize(72e6, 100, 1)).toBe(1);
    expect(microBatchSize(1e12, 100, 1)).toBe(1);
    expect(microBatchSize(36e4, 1000, 1)).toBe(200);
  });
});
