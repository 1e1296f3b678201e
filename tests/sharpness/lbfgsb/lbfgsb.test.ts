import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../../src/random.js';
import { type LbfgsbOptions, minimise } from '../../../src/sharpness/lbfgsb/lbfgsb.js';
import { problems } from './problems.js';

interface Fixture {
  ftol: number;
  gtol: number;
  problems: {
    name: string;
    function: string;
    start: number[];
    lower: (number | null)[];
    upper: (number | null)[];
    x: number[];
    value: number;
    after10: number;
    iterations: number;
    trace: number[];
  }[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../oracles/lbfgsb/scipy_lbfgsb.json', import.meta.url), 'utf8'),
) as Fixture;

const box = (n: number, lower: number, upper: number) => ({
  lower: new Float64Array(n).fill(lower),
  upper: new Float64Array(n).fill(upper),
});

describe.each(fixture.problems)('minimise against SciPy: $name', (problem) => {
  const run = (options: LbfgsbOptions) =>
    minimise(
      async (x) => problems[problem.function](x),
      Float64Array.from(problem.start),
      {
        lower: Float64Array.from(problem.lower, (bound) => bound ?? -Infinity),
        upper: Float64Array.from(problem.upper, (bound) => bound ?? Infinity),
      },
      options,
    );

  test('goes through the same values iteration by iteration', async () => {
    for (const [k, expected] of problem.trace.entries()) {
      const { value } = await run({ maxIterations: k, ftol: 0, gtol: 0 });
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-8 * Math.max(1, expected));
    }
  });

  test('has the same value after 10 iterations', async () => {
    const { value } = await run({ maxIterations: 10, ftol: 0, gtol: 0 });
    expect(Math.abs(value - problem.after10)).toBeLessThanOrEqual(1e-8 * Math.max(1, value));
  });

  test('converges to the same optimum', async () => {
    const { ftol, gtol } = fixture;
    const result = await run({ maxIterations: 2000, ftol, gtol });
    expect(result.converged).toBe(true);
    expect(Math.abs(result.value - problem.value)).toBeLessThanOrEqual(
      1e-10 * Math.max(1, Math.abs(problem.value)),
    );
    result.x.forEach((xi, i) => expect(xi).toBeCloseTo(problem.x[i], 4));
    if (problem.iterations === 0) expect(result).toMatchObject({ iterations: 0, evaluations: 1 });
  });
});

describe('minimise', () => {
  test('never leaves the box, not even on the way', async () => {
    const bounds = { lower: new Float64Array(8).fill(-1.5), upper: new Float64Array(8).fill(0.9) };
    let outside = 0;
    const result = await minimise(
      async (x) => {
        outside += x.filter((xi) => xi < -1.5 || xi > 0.9).length;
        return problems.rosenbrock(x);
      },
      new Float64Array(8).fill(-1.2),
      bounds,
    );
    expect(outside).toBe(0);
    expect(result.converged).toBe(true);
    expect(result.start.value).toBeCloseTo(
      problems.rosenbrock(new Float64Array(8).fill(-1.2)).value,
    );
  });

  test('solves random quadratics over boxes: the result meets the optimality conditions', async () => {
    for (let seed = 0; seed < 8; seed++) {
      const stream = new RandomStream(seed, 'quadratic');
      const n = 40;
      const factor = Array.from({ length: n }, () =>
        Float64Array.from({ length: n }, () => stream.normal()),
      );
      const b = Float64Array.from({ length: n }, () => 30 * stream.normal());
      // f = |F x|^2 / 2 + |x|^2 / 2 - b.x
      const f = async (x: Float64Array) => {
        const fx = factor.map((row) => row.reduce((sum, r, j) => sum + r * x[j], 0));
        const gradient = x.map(
          (xj, j) => xj - b[j] + factor.reduce((sum, row, i) => sum + row[j] * fx[i], 0),
        );
        const value = x.reduce((sum, xj, j) => sum + 0.5 * xj * (gradient[j] - b[j]), 0);
        return { value, gradient };
      };
      const start = Float64Array.from({ length: n }, () => stream.normal());
      const result = await minimise(f, start, box(n, -0.5, 1), {
        maxIterations: 500,
        ftol: 0,
        gtol: 1e-5,
      });
      expect(result.reason).toBe('projected gradient');
      const { gradient } = await f(result.x);
      result.x.forEach((xi, i) => {
        if (xi === -0.5) expect(gradient[i]).toBeGreaterThanOrEqual(-1e-4);
        else if (xi === 1) expect(gradient[i]).toBeLessThanOrEqual(1e-4);
        else expect(Math.abs(gradient[i])).toBeLessThanOrEqual(1e-4);
      });
      expect(result.x.some((xi) => xi === -0.5 || xi === 1)).toBe(true);
    }
  });

  test('stops at the limit of evaluations with the best point so far', async () => {
    const start = Float64Array.of(-1.2, 1);
    const options = { maxEvaluations: 7, ftol: 0, gtol: 0 };
    const result = await minimise(
      async (x) => problems.rosenbrock(x),
      start,
      box(2, -2, 2),
      options,
    );
    expect(result).toMatchObject({ reason: 'evaluations', evaluations: 7, converged: false });
    expect(result.value).toBe(problems.rosenbrock(result.x).value);
    expect(result.value).toBeLessThan(problems.rosenbrock(start).value);
  });

  test('reports a line search that fails and keeps the best point', async () => {
    // The gradient points the wrong way: every step along the direction goes uphill.
    const result = await minimise(
      async (x) => ({ value: x[0], gradient: Float64Array.of(-1) }),
      Float64Array.of(0),
      box(1, -1, 1),
    );
    expect(result).toMatchObject({ reason: 'line search failed', converged: false, value: 0 });
    expect(result.evaluations).toBe(21);
    expect(result.x[0]).toBe(0);
  });

  test('drops the memory and goes on where a later line search fails', async () => {
    // From the seventh evaluation on f lies, until the search is back at the point it started from.
    let calls = 0;
    let lastHonest = new Float64Array(2);
    let lying = true;
    const result = await minimise(
      async (x) => {
        const { value, gradient } = problems.rosenbrock(x);
        calls++;
        if (calls > 6 && lying) {
          lying = x.some((xi, i) => xi !== lastHonest[i]);
          return { value: 1e3, gradient: gradient.fill(0) };
        }
        lastHonest = x.slice();
        return { value, gradient };
      },
      Float64Array.of(-1.2, 1),
      box(2, -2, 2),
      { ftol: 0, gtol: 1e-8 },
    );
    expect(lying).toBe(false);
    expect(result.reason).toBe('projected gradient');
    expect(result.value).toBeLessThan(1e-12);
  });

  test.each([NaN, Infinity, -Infinity])('never accepts the value %d', async (bad) => {
    const result = await minimise(
      async (x) => ({ value: x[0] > 0.5 ? bad : 0 - x[0], gradient: Float64Array.of(-1) }),
      Float64Array.of(0),
      box(1, -1, 1),
    );
    expect(result).toMatchObject({ reason: 'not finite', converged: false, value: 0 });
  });

  test('never accepts a gradient that is not finite', async () => {
    const result = await minimise(
      async (x) => ({ value: 0 - x[0], gradient: Float64Array.of(x[0] > 0 ? NaN : -1) }),
      Float64Array.of(0),
      box(1, -1, 1),
    );
    expect(result).toMatchObject({ reason: 'not finite', value: 0, evaluations: 2 });
  });

  test('returns the start where that is not finite', async () => {
    const result = await minimise(
      async () => ({ value: NaN, gradient: Float64Array.of(1) }),
      Float64Array.of(5),
      box(1, -1, 1),
    );
    expect(result).toMatchObject({ reason: 'not finite', value: NaN, iterations: 0 });
    expect(result.x[0]).toBe(1);
  });

  test('with a memory of one pair still reaches the minimum', async () => {
    const result = await minimise(
      async (x) => problems.rosenbrock(x),
      Float64Array.of(-1.2, 1, -1.2, 1),
      box(4, -2, 2),
      { memory: 1, maxIterations: 2000, ftol: 0, gtol: 1e-6 },
    );
    expect(result.reason).toBe('projected gradient');
    expect(result.value).toBeLessThan(1e-9);
  });

  test('throws where the bounds do not fit the variables', async () => {
    await expect(
      minimise(async (x) => problems.rosenbrock(x), new Float64Array(3), box(2, 0, 1)),
    ).rejects.toThrow('expected bounds for 3 variables');
  });
});
