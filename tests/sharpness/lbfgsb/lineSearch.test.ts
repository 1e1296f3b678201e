import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lineSearch, type Trial } from '../../../src/sharpness/lbfgsb/lineSearch.js';

/** The functions of tests/oracles/lbfgsb/minpack_dcsrch.py, written a second time. */
const functions: Record<string, (t: number) => Trial> = {
  rational: (t) => ({ value: -t / (t * t + 2), slope: (t * t - 2) / (t * t + 2) ** 2 }),
  quintic: (t) => ({
    value: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
    slope: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3,
  }),
  ripples: (t) => ({
    value: (t - 1) ** 2 + 0.05 * Math.sin(20 * t),
    slope: 2 * (t - 1) + Math.cos(20 * t),
  }),
  steep: (t) => ({
    value: Math.cosh(3 * (t - 1)) - 2 * t,
    slope: 3 * Math.sinh(3 * (t - 1)) - 2,
  }),
};

const { cases } = JSON.parse(
  readFileSync(new URL('../../oracles/lbfgsb/minpack_dcsrch.json', import.meta.url), 'utf8'),
) as {
  cases: { function: string; initial: number; most: number; steps: number[]; accepted: boolean }[];
};

describe('lineSearch', () => {
  test.each(cases)(
    'asks for the steps of dcsrch: $function from $initial, at most $most',
    async ({ function: name, initial, most, steps, accepted }) => {
      const phi = functions[name];
      const asked: number[] = [];
      const { step, outcome } = await lineSearch(
        async (t) => (asked.push(t), phi(t)),
        phi(0),
        initial,
        most,
      );
      expect(outcome).toBe(accepted ? 'accepted' : 'failed');
      expect(asked.length).toBe(steps.length);
      asked.forEach((t, i) => expect(Math.abs(t - steps[i])).toBeLessThan(1e-9 * steps[i]));
      if (accepted) expect(step).toBe(asked.at(-1));
    },
  );

  test('ends at the cap where the function still falls there', async () => {
    const line = async (t: number) => ({ value: -t, slope: -1 });
    expect(await lineSearch(line, { value: 0, slope: -1 }, 1, 2.5)).toEqual({
      step: 2.5,
      outcome: 'accepted',
    });
  });

  test('refuses an ascent direction without evaluating', async () => {
    const never = async () => Promise.reject(new Error('evaluated'));
    const result = await lineSearch(never, { value: 0, slope: 1e-9 }, 1, 1);
    expect(result.outcome).toBe('failed');
  });
});
