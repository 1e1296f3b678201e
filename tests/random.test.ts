import { describe, expect, it } from 'vitest';
import { RandomStream } from '../src/random.js';

const draw = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);

describe('RandomStream', () => {
  it('follows the published recurrence of xoshiro128**', () => {
    // State 1, 2, 3, 4: the first outputs worked out from the definition in BigInt arithmetic.
    const mask = 0xffffffffn;
    const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
    const s = [1n, 2n, 3n, 4n];
    const expected = draw(1000, () => {
      const result = (rotate((s[1] * 5n) & mask, 7n) * 9n) & mask;
      const t = (s[1] << 9n) & mask;
      s[2] ^= s[0];
      s[3] ^= s[1];
      s[1] ^= s[2];
      s[0] ^= s[3];
      s[2] ^= t;
      s[3] = rotate(s[3], 11n);
      return Number(result);
    });
    const stream = new RandomStream(0, 'any');
    stream.state = { words: [1, 2, 3, 4], spare: null };
    expect(draw(1000, () => stream.bits())).toEqual(expected);
    expect(expected.slice(0, 2)).toEqual([11520, 0]);
  });

  it('repeats for equal seed and name, and differs for any other', () => {
    const first = (seed: number, name: string) => {
      const stream = new RandomStream(seed, name);
      return draw(4, () => stream.bits()).join();
    };
    expect(first(1, 'probes')).toBe(first(1, 'probes'));
    const all = [
      first(1, 'probes'),
      first(2, 'probes'),
      first(1, 'subset'),
      first(2 ** 40 + 1, 'probes'),
    ];
    expect(new Set(all).size).toBe(4);
  });

  it('goes on from a state that went through JSON, a waiting normal included', () => {
    const stream = new RandomStream(3, 'normals');
    draw(7, () => stream.normal());
    const state = JSON.parse(JSON.stringify(stream.state)) as typeof stream.state;
    expect(state.spare).not.toBeNull();
    const expected = draw(9, () => stream.normal());
    const other = new RandomStream(0, 'other');
    other.state = state;
    expect(draw(9, () => other.normal())).toEqual(expected);
  });

  it('draws uniform numbers on [0, 1) with mean 1/2 and variance 1/12', () => {
    const stream = new RandomStream(5, 'uniform');
    const values = draw(100_000, () => stream.uniform());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 50_000))).toBeLessThan(1);
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 100_000));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.001);
  });

  it('draws standard normals: moments 0, 1, 0, 3 and the two-sigma share', () => {
    const stream = new RandomStream(6, 'normal');
    const values = draw(200_000, () => stream.normal());
    const moment = (k: number) => values.reduce((sum, v) => sum + v ** k, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.015);
    expect(Math.abs(moment(3))).toBeLessThan(0.04);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
    const outside = values.filter((v) => Math.abs(v) > 2).length / values.length;
    expect(Math.abs(outside - 0.0455)).toBeLessThan(0.002);
  });

  it('draws integers evenly', () => {
    const stream = new RandomStream(7, 'integers');
    const counts = new Array<number>(6).fill(0);
    draw(60_000, () => counts[stream.integer(6)]++);
    // Chi-squared with 5 degrees of freedom exceeds 20.5 once in a thousand.
    expect(counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(20.5);
  });

  it('shuffles to a permutation, each of the six of three items about equally often', () => {
    const stream = new RandomStream(8, 'shuffles');
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const key = stream.shuffle([0, 1, 2]).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210']);
    for (const n of counts.values()) expect(Math.abs(n - 2000)).toBeLessThan(200);
  });
});
