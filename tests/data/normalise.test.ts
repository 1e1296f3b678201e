import { describe, expect, it } from 'vitest';
import { type ByteImages, normaliseImages } from '../../src/data/normalise.js';

const images: ByteImages = {
  name: 'two pixels, two channels',
  inputShape: [1, 2, 2],
  classes: 3,
  train: { pixels: Uint8Array.of(0, 7, 255, 7, 51, 7, 204, 7), labels: Uint8Array.of(0, 2) },
  test: { pixels: Uint8Array.of(102, 8, 255, 6), labels: Uint8Array.of(1) },
  hash: 'none',
};

describe('normaliseImages', () => {
  it('unit divides by 255', () => {
    const { test, train, mean, sd } = normaliseImages(images, 'unit');
    expect([...train.inputs]).toEqual(
      [0, 7, 255, 7, 51, 7, 204, 7].map((x) => Math.fround(x / 255)),
    );
    expect([...test.labels]).toEqual([1]);
    expect([mean, sd]).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('standardise takes mean and deviation per channel from the training split, for both splits', () => {
    const { test, train, mean, sd } = normaliseImages(images, 'standardise');
    // Channel 0 holds 0, 1, 0.2, 0.8: mean 0.5, variance (0.25 + 0.25 + 0.09 + 0.09) / 4 = 0.17.
    expect(mean[0]).toBeCloseTo(0.5, 14);
    expect(sd[0]).toBeCloseTo(Math.sqrt(0.17), 14);
    expect(train.inputs[2]).toBeCloseTo(0.5 / Math.sqrt(0.17), 6);
    expect(test.inputs[0]).toBeCloseTo(-0.1 / Math.sqrt(0.17), 6);
  });

  it('only centres a constant channel', () => {
    const { test, train } = normaliseImages(images, 'standardise');
    expect([1, 3, 5, 7].map((i) => train.inputs[i])).toEqual([0, 0, 0, 0]);
    expect(test.inputs[1]).toBeCloseTo(1 / 255, 7);
  });

  it('refuses labels that are no class', () => {
    const bad = { ...images, test: { ...images.test, labels: Uint8Array.of(3) } };
    expect(() => normaliseImages(bad, 'unit')).toThrow(
      'expected labels from 0 to 2, found 3 at sample 0',
    );
  });
});
