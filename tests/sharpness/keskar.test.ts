import { readFileSync } from 'node:fs';
import { Matrix, pseudoInverse } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/error.js';
import { RandomStream } from '../../src/random.js';
import { keskar, type KeskarOptions } from '../../src/sharpness/keskar.js';
import { Subspace } from '../../src/sharpness/subspace.js';
import { functionObjective, tanhNetwork } from './tanhNetwork.js';

interface Found {
  maximum: number;
  value: number;
  iterations: number;
  evaluations: number;
}

const fixture = JSON.parse(
  readFileSync(new URL('../oracles/keskar/scipy_keskar.json', import.meta.url), 'utf8'),
) as {
  hidden: number;
  classes: number;
  columns: number;
  seed: number;
  inputs: number[][];
  labels: number[];
  models: {
    name: string;
    weights: number[];
    loss: number;
    gradient: number[];
    cases: { epsilon: number; space: 'full' | 'none' | 'unit'; short: Found; long: Found }[];
  }[];
};

describe.each(fixture.models)('keskar of the $name network against SciPy', (model) => {
  const { inputs, labels, hidden, classes, columns, seed } = fixture;
  const network = tanhNetwork(inputs, labels, hidden, classes);
  const weights = Float64Array.from(model.weights);

  test('the network has the loss and the gradient of PyTorch', async () => {
    const { loss, gradient } = await network.gradient(weights);
    expect(loss).toBeCloseTo(model.loss, 12);
    gradient.forEach((g, i) => expect(g).toBeCloseTo(model.gradient[i], 12));
  });

  test.each(model.cases)(
    'epsilon $epsilon, space $space',
    async ({ epsilon, space, short, long }) => {
      const options: KeskarOptions = {
        epsilon,
        space: space === 'full' ? 'full' : { subspace: columns, scaling: space, seed },
      };
      const ten = await keskar(network, weights, options);
      expect(ten.start).toBeCloseTo(model.loss, 12);
      expect(Math.abs(ten.value / short.value - 1)).toBeLessThan(0.02);
      expect(ten.iterations).toBe(short.iterations);
      expect(ten).toMatchObject({ restarted: false, failed: false, converged: true });
      const many = await keskar(network, weights, { ...options, iterations: 3000 });
      expect(Math.abs(many.value / long.value - 1)).toBeLessThan(1e-4);
    },
  );
});

/** f(x) = 1 + b.x + x.H x / 2 */
function quadratic(H: Matrix, b: Float64Array) {
  return functionObjective(b.length, async (w) => {
    const x = Float64Array.from(w);
    const gradient = b.map((bi, i) => bi + x.reduce((sum, xj, j) => sum + H.get(i, j) * xj, 0));
    const loss = x.reduce((sum, xi, i) => sum + 0.5 * xi * (gradient[i] + b[i]), 1);
    return { loss, gradient };
  });
}

const normals = (seed: number, n: number) => {
  const stream = new RandomStream(seed, 'test');
  return Float64Array.from({ length: n }, () => stream.normal());
};

describe('keskar', () => {
  test('of a linear function is the weighted sum of the half widths', async () => {
    const b = normals(1, 30);
    const x = normals(2, 30);
    const f = quadratic(Matrix.zeros(30, 30), b);
    const result = await keskar(f, x, { epsilon: 0.01 });
    const rise = b.reduce((sum, bi, i) => sum + Math.abs(bi) * 0.01 * (Math.abs(x[i]) + 1), 0);
    const start = 1 + b.reduce((sum, bi, i) => sum + bi * x[i], 0);
    expect(result.value).toBeCloseTo((100 * rise) / (1 + start), 9);
    expect(result).toMatchObject({ boundShare: 1, reason: 'projected gradient', converged: true });
    expect(result.gradientNorm).toBeCloseTo(Math.hypot(...b), 12);
  });

  test('of a separable concave function is the sum of one-dimensional maxima', async () => {
    const curvatures = Float64Array.from({ length: 20 }, (_, i) => -0.5 - i);
    const b = normals(3, 20);
    const epsilon = 0.2;
    const result = await keskar(quadratic(Matrix.diag([...curvatures]), b), new Float64Array(20), {
      epsilon,
      iterations: 200,
    });
    const rise = b.reduce((sum, bi, i) => {
      const z = Math.max(-epsilon, Math.min(epsilon, -bi / curvatures[i]));
      return sum + bi * z + 0.5 * curvatures[i] * z * z;
    }, 0);
    expect(result.maximum).toBeCloseTo(1 + rise, 9);
  });

  test('of a convex function ends in a vertex, the best one where it is dominated by the slope', async () => {
    const n = 8;
    const F = Matrix.from1DArray(n, n, normals(4, n * n)).mul(0.2);
    const f = quadratic(F.transpose().mmul(F), normals(5, n));
    const x = normals(6, n);
    const epsilon = 0.1;
    const result = await keskar(f, x, { epsilon });
    let brute = -Infinity;
    for (let corner = 0; corner < 2 ** n; corner++) {
      const z = x.map((xi, i) => xi + (corner & (1 << i) ? 1 : -1) * epsilon * (Math.abs(xi) + 1));
      brute = Math.max(brute, (await f.evaluate(z)).loss);
    }
    expect(result.maximum).toBeCloseTo(brute, 10);
    expect(result.boundShare).toBe(1);
  });

  test('in a subspace agrees with an explicit A and its pseudo-inverse', async () => {
    const [n, p, epsilon] = [40, 5, 0.05];
    const b = normals(7, n);
    const x = normals(8, n);
    const f = quadratic(Matrix.zeros(n, n), b);
    for (const scaling of ['none', 'unit'] as const) {
      const subspace = await Subspace.create(n, { columns: p, scaling, seed: 9 });
      const A = new Matrix(n, p);
      for (let k = 0; k < p; k++) {
        const column = new Float64Array(n);
        const unit = new Float64Array(p);
        unit[k] = 1;
        await subspace.point(new Float64Array(n), unit, column);
        A.setColumn(k, [...column]);
      }
      const coordinates = pseudoInverse(A).mmul(Matrix.columnVector(x)).getColumn(0);
      const slopes = A.transpose().mmul(Matrix.columnVector(b)).getColumn(0);
      const rise = slopes.reduce(
        (sum, slope, k) => sum + Math.abs(slope) * epsilon * (Math.abs(coordinates[k]) + 1),
        0,
      );
      const result = await keskar(f, x, { epsilon, space: subspace });
      expect(result.maximum - result.start).toBeCloseTo(rise, 9);
      const described = { subspace: p, scaling, seed: 9 };
      expect(await keskar(f, x, { epsilon, space: described })).toEqual(result);
    }
  });

  test('grows with epsilon and is never negative', async () => {
    const { inputs, labels, hidden, classes, models } = fixture;
    const network = tanhNetwork(inputs, labels, hidden, classes);
    let before = 0;
    for (const epsilon of [1e-6, 1e-5, 1e-4, 5e-4, 1e-3, 1e-2, 0.1]) {
      const { value } = await keskar(network, Float64Array.from(models[1].weights), { epsilon });
      expect(value).toBeGreaterThanOrEqual(before);
      before = value;
    }
  });

  test('leaves a stationary start through a seeded point in the box and says so', async () => {
    const f = quadratic(Matrix.diag([1, 2, 3]), new Float64Array(3));
    const result = await keskar(f, new Float64Array(3), { epsilon: 0.1, seed: 5 });
    expect(result).toMatchObject({
      restarted: true,
      failed: false,
      boundShare: 1,
      gradientNorm: 0,
    });
    expect(result.maximum).toBeCloseTo(1 + 0.5 * 0.01 * 6, 12);
    expect(await keskar(f, new Float64Array(3), { epsilon: 0.1, seed: 5 })).toEqual(result);
  });

  test('of a constant function is 0 without failure', async () => {
    const f = quadratic(Matrix.zeros(2, 2), new Float64Array(2));
    const result = await keskar(f, Float64Array.of(1, 2));
    expect(result).toMatchObject({ value: 0, restarted: true, failed: false, converged: true });
  });

  test('at a maximum stays at the centre: 0, never below', async () => {
    const f = quadratic(Matrix.diag([-1, -2]), new Float64Array(2));
    const result = await keskar(f, new Float64Array(2), { epsilon: 0.1 });
    expect(result.restarted).toBe(true);
    expect(result.maximum).toBeGreaterThanOrEqual(1);
    expect(result.value).toBeCloseTo(0, 12);
  });

  test('reports a line search that fails on a gradient that lies, with the best point found', async () => {
    const f = functionObjective(2, async (w) => ({
      loss: 1 - w[0],
      gradient: Float64Array.of(1, 0),
    }));
    const result = await keskar(f, new Float64Array(2));
    expect(result).toMatchObject({ reason: 'line search failed', failed: true, converged: false });
    expect(result).toMatchObject({ restarted: true, startReason: 'line search failed' });
    expect(result.maximum).toBeGreaterThanOrEqual(1);
  });

  test('tells a first line search that failed from a stationary start', async () => {
    // Falls on both sides, which the gradient at x denies.
    const f = functionObjective(1, async (w) => ({
      loss: 2 - Math.abs(w[0]),
      gradient: Float64Array.of(w[0] === 0 ? 1 : -Math.sign(w[0])),
    }));
    const start = { restarted: true, startReason: 'line search failed' };
    const falling = await keskar(f, new Float64Array(1));
    expect(falling).toMatchObject({ ...start, failed: true, converged: false, maximum: 2 });
    const stationary = await keskar(
      quadratic(Matrix.diag([1]), new Float64Array(1)),
      new Float64Array(1),
    );
    expect(stationary.startReason).toBe('projected gradient');
  });

  test('has not failed where the restart went further than a first search that did', async () => {
    const f = functionObjective(1, async (w) => ({
      loss: w[0] > 0 ? 1 : 2 - w[0],
      gradient: Float64Array.of(w[0] === 0 ? 1 : -1),
    }));
    const result = await keskar(f, new Float64Array(1), { seed: 1 });
    expect(result).toMatchObject({ startReason: 'line search failed', failed: false });
    expect(result.maximum).toBeCloseTo(2 + 1e-3, 12);
  });

  test('reports a loss that is not finite along the way and keeps the best point', async () => {
    const f = functionObjective(1, async (w) => ({
      loss: w[0] > 5e-4 ? NaN : 2 + w[0],
      gradient: Float64Array.of(0.01),
    }));
    const result = await keskar(f, new Float64Array(1));
    expect(result).toMatchObject({ reason: 'not finite', failed: true, converged: false });
    expect(result).toMatchObject({ value: 0, start: 2, maximum: 2 });
  });

  test('has no value where the loss at the weights is not finite', async () => {
    const f = functionObjective(1, async () => ({ loss: NaN, gradient: Float64Array.of(1) }));
    const result = await keskar(f, new Float64Array(1));
    expect(result).toMatchObject({ value: NaN, failed: true, reason: 'not finite' });
  });

  test('counts and announces every evaluation', async () => {
    const f = quadratic(Matrix.diag([-3, -5]), Float64Array.of(0.1, 0.2));
    const announced: number[] = [];
    const result = await keskar(f, new Float64Array(2), {
      epsilon: 0.1,
      onEvaluation: (count) => announced.push(count),
    });
    expect(announced).toEqual(Array.from({ length: result.evaluations }, (_, k) => k + 1));
  });

  test('refuses options out of range', async () => {
    const f = quadratic(Matrix.diag([1, 1]), new Float64Array(2));
    const x = new Float64Array(2);
    await expect(keskar(f, x, { epsilon: 0 })).rejects.toThrow(InputError);
    await expect(keskar(f, x, { iterations: 0 })).rejects.toThrow('iterations of at least 1');
    await expect(keskar(f, x, { space: { subspace: 3 } })).rejects.toThrow('from 1 to the number');
    const other = await Subspace.create(5, { columns: 2 });
    await expect(keskar(f, x, { space: other })).rejects.toThrow('of 2 weights, got one of 5');
  });
});
