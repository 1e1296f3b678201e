import { expect, test } from 'vitest';
import { summarise } from '../../src/statistics/summary.js';

test('mean and sample standard deviation of a sample with known moments', () => {
  const { n, mean, standardDeviation } = summarise([2, 4, 4, 4, 5, 5, 7, 9]);
  expect([n, mean]).toEqual([8, 5]);
  expect(standardDeviation).toBeCloseTo(Math.sqrt(32 / 7), 14);
});

test('stays exact far from zero', () => {
  expect(summarise([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toEqual({
    n: 4,
    mean: 1e9 + 10,
    standardDeviation: Math.sqrt(30),
  });
});

test('one value has no spread, none has no mean', () => {
  expect(summarise([3])).toEqual({ n: 1, mean: 3, standardDeviation: null });
  expect(() => summarise([])).toThrow(RangeError);
});
