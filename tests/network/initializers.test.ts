import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { type Initializer, initialize, initializerNames } from '../../src/network/initializers.js';
import { RandomStream } from '../../src/random.js';

function filled(initializer: Initializer, shape: number[], seed = 1): Float32Array {
  const target = new Float32Array(shape.reduce((a, b) => a * b, 1));
  initialize(target, shape, initializer, new RandomStream(seed, 'initial weights'));
  return target;
}

function moments(values: Float32Array) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return { mean, variance, largest };
}

// Dense 300 x 200 (fans 300 and 200) and 5 x 5 convolution 10 -> 20 (fans 250 and 500).
const cases: [Initializer, number, number][] = [
  ['glorot-uniform', 2 / 500, 2 / 750],
  ['glorot-normal', 2 / 500, 2 / 750],
  ['he-uniform', 2 / 300, 2 / 250],
  ['he-normal', 2 / 300, 2 / 250],
  ['lecun-uniform', 1 / 300, 1 / 250],
  ['lecun-normal', 1 / 300, 1 / 250],
];

describe('initializers', () => {
  it.each(cases)('%s has its variance for dense layers and convolutions', (name, dense, conv) => {
    for (const [shape, variance] of [
      [[300, 200], dense],
      [[5, 5, 10, 20], conv],
    ] as const) {
      const found = moments(filled(name, [...shape]));
      expect(Math.abs(found.mean)).toBeLessThan(0.03 * Math.sqrt(variance));
      expect(found.variance / variance).toBeGreaterThan(0.95);
      expect(found.variance / variance).toBeLessThan(1.05);
    }
  });

  it('glorot-uniform reaches sqrt(6 / (in + out)) and never beyond', () => {
    const { largest } = moments(filled('glorot-uniform', [300, 200]));
    const limit = Math.sqrt(6 / 500);
    expect(largest).toBeLessThanOrEqual(Math.fround(limit));
    expect(largest).toBeGreaterThan(0.999 * limit);
  });

  it('normals are truncated at two deviations of a parent normal that is wider by 1 / 0.8796', () => {
    const { largest } = moments(filled('he-normal', [300, 200]));
    const limit = (2 * Math.sqrt(2 / 300)) / 0.8796256610342398;
    expect(largest).toBeLessThanOrEqual(Math.fround(limit));
    expect(largest).toBeGreaterThan(0.99 * limit);
  });

  it('a range is uniform on [-r, r), whatever the fans', () => {
    const { largest, variance } = moments(filled({ uniform: 0.05 }, [300, 200]));
    expect(largest).toBeLessThanOrEqual(Math.fround(0.05));
    expect(variance / (0.05 ** 2 / 3)).toBeCloseTo(1, 1);
  });

  it('a vector takes its length as both fans', () => {
    const { largest } = moments(filled('glorot-uniform', [10_000]));
    expect(largest).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / 20_000)));
  });

  it('zeros and ones are constant', () => {
    expect(filled('zeros', [3, 4]).every((v) => v === 0)).toBe(true);
    expect(filled('ones', [3, 4]).every((v) => v === 1)).toBe(true);
  });

  it('repeats for a seed', () => {
    for (const name of initializerNames.slice(0, 6)) {
      expect(filled(name, [7, 5], 3)).toEqual(filled(name, [7, 5], 3));
      expect(filled(name, [7, 5], 3)).not.toEqual(filled(name, [7, 5], 4));
    }
  });

  it('refuses unknown names with a suggestion, and impossible ranges', () => {
    const unknown = 'glorot-unifrom' as Initializer;
    expect(() => filled(unknown, [2, 2])).toThrow('did you mean "glorot-uniform"?');
    expect(() => filled('toString' as Initializer, [2, 2])).toThrow(InputError);
    expect(() => filled({ uniform: 0 }, [2, 2])).toThrow('expected a positive finite range');
    expect(() => filled({ uniform: Infinity }, [2, 2])).toThrow(InputError);
  });
});
