import { expect, test } from 'vitest';
import { allFinite, axpy, dot, norm, scale } from '../../src/objective/vector.js';

test('sums over float32 vectors are formed in float64', () => {
  const tenth = new Float32Array(1000).fill(0.1);
  const ones = new Float64Array(1000).fill(1);
  expect(dot(tenth, ones)).toBeCloseTo(1000 * Math.fround(0.1), 10);
  expect(norm(Float32Array.of(3, 4))).toBe(5);
});

test('axpy and scale work in place', () => {
  const y = Float64Array.of(1, 2);
  axpy(2, Float32Array.of(10, 20), y);
  expect(y).toEqual(Float64Array.of(21, 42));
  scale(0.5, y);
  expect(y).toEqual(Float64Array.of(10.5, 21));
});

test('allFinite finds NaN and infinities', () => {
  expect(allFinite(Float32Array.of(1, -2))).toBe(true);
  expect(allFinite(Float64Array.of(1, NaN))).toBe(false);
  expect(allFinite(Float32Array.of(-Infinity))).toBe(false);
});
