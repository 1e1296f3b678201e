import { describe, expect, test } from 'vitest';
import { flat } from './arrays.js';
import { caseNames, loadCase } from './read.js';

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);

describe.each(caseNames())('the Hessian-vector fixture %s', (name) => {
  const { weights, direction, sampleWeights, l2 = 0, results } = loadCase(name);

  test('holds a vector of the weights’ names and shapes for each result', () => {
    const layout = weights.map((w) => ({ name: w.name, shape: w.shape }));
    const { gradient, hessianVector, gaussNewtonVector } = results;
    for (const vector of [direction, gradient, hessianVector, gaussNewtonVector]) {
      expect(vector.map((part) => ({ name: part.name, shape: part.shape }))).toEqual(layout);
      for (const { shape, data } of vector) {
        expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      }
    }
  });

  test('holds weights and a direction that float32 represents exactly', () => {
    const values = flat([...weights, ...direction]);
    expect(Float64Array.from(values, Math.fround)).toEqual(values);
  });

  test('has the weighted mean of its losses as its loss', () => {
    const s = Float64Array.from(sampleWeights);
    const mean = dot(s, results.losses.data) / s.reduce((a, b) => a + b);
    const w = flat(weights);
    expect(results.loss).toBeCloseTo(mean + (l2 / 2) * dot(w, w), 12);
  });

  test('has a positive Gauss-Newton form, and a Hessian form between the extreme eigenvalues', () => {
    const v = flat(direction);
    expect(dot(v, flat(results.gaussNewtonVector))).toBeGreaterThan(0);
    const rayleigh = dot(v, flat(results.hessianVector)) / dot(v, v);
    const spectrum = results.eigenvalues.data;
    expect(spectrum).toHaveLength(v.length);
    expect(rayleigh).toBeGreaterThan(spectrum[0]);
    expect(rayleigh).toBeLessThan(spectrum[spectrum.length - 1]);
  });
});
