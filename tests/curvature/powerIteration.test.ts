import { EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/error.js';
import { hessianOperator, type LinearOperator } from '../../src/curvature/operator.js';
import { powerIteration } from '../../src/curvature/powerIteration.js';
import type { Vector } from '../../src/objective/objective.js';
import { norm } from '../../src/objective/vector.js';
import { RandomStream } from '../../src/random.js';

/** Q diag(eigenvalues) Q^T with a seeded random rotation. */
function withSpectrum(eigenvalues: number[], seed = 1): Matrix {
  const n = eigenvalues.length;
  const stream = new RandomStream(seed, 'test');
  const entries = Float64Array.from({ length: n * n }, () => stream.normal());
  const Q = new QrDecomposition(Matrix.from1DArray(n, n, entries)).orthogonalMatrix;
  const H = Q.mmul(Matrix.diag(eigenvalues)).mmul(Q.transpose());
  return H.add(H.transpose()).mul(0.5);
}

function operatorOf(H: Matrix): LinearOperator {
  return { size: H.rows, apply: async (v) => product(H, v) };
}

function product(H: Matrix, v: Vector): Float64Array {
  return Float64Array.from(H.mmul(Matrix.columnVector(Array.from(v))).getColumn(0));
}

/** q_a q_b^T + q_b q_a^T of the columns of Q. */
function coupling(Q: Matrix, a: number, b: number): Matrix {
  const outer = Q.getColumnVector(a).mmul(Q.getColumnVector(b).transpose());
  return outer.add(outer.transpose());
}

/** The dense spectrum by decreasing magnitude. */
function spectrum(H: Matrix): number[] {
  const values = [...new EigenvalueDecomposition(H, { assumeSymmetric: true }).realEigenvalues];
  return values.sort((a, b) => Math.abs(b) - Math.abs(a));
}

const spread = Array.from({ length: 25 }, (_, i) => Math.cos(3 * i));

describe('powerIteration', () => {
  test.each([
    ['a positive dominant eigenvalue', [9, ...spread]],
    ['a negative dominant eigenvalue', [-9, ...spread]],
    ['a double dominant eigenvalue', [4, 4, ...spread]],
    ['a dominant cluster', [5.001, 5, 4.999, ...spread]],
    ['size 1', [-3]],
    ['tiny entries', [9e-6, ...spread.map((e) => 1e-6 * e)]],
  ])('finds %s', async (_, eigenvalues) => {
    const H = withSpectrum(eigenvalues);
    const { pairs, vectors } = await powerIteration(operatorOf(H), { seed: 2 });
    expect(pairs).toHaveLength(1);
    const [pair] = pairs;
    expect(pair).toMatchObject({ converged: true, reason: 'residual' });
    expect(Math.abs(pair.value / spectrum(H)[0] - 1)).toBeLessThan(1e-3);
    expect(pair.relativeResidual).toBeLessThanOrEqual(1e-3);
    expect(norm(vectors[0])).toBeCloseTo(1, 12);
    const image = product(H, vectors[0]);
    const residual = norm(image.map((h, i) => h - pair.value * vectors[0][i]));
    expect(pair.residual).toBeCloseTo(residual, 12);
  });

  test('finds the k largest magnitudes of both signs, each with a true residual', async () => {
    const H = withSpectrum([10, -8, 6.5, -5, 4, ...spread]);
    const options = { k: 5, tolerance: 1e-3, maxProducts: 200 };
    const { pairs, vectors } = await powerIteration(operatorOf(H), options);
    const expected = spectrum(H);
    pairs.forEach((pair, i) => {
      expect(pair.converged).toBe(true);
      expect(Math.abs(pair.value / expected[i] - 1)).toBeLessThan(1e-4);
      const image = product(H, vectors[i]);
      const residual = norm(image.map((h, j) => h - pair.value * vectors[i][j]));
      expect(residual).toBeLessThanOrEqual(1.001e-3 * Math.abs(pair.value));
    });
  });

  test('small eigenvalues behind a large one are not limited by the error of the first', async () => {
    const H = withSpectrum([1000, 1, 0.5, 0.2, 0.1]);
    const { pairs } = await powerIteration(operatorOf(H), { k: 3, tolerance: 1e-3 });
    expect(pairs.map((pair) => pair.converged)).toEqual([true, true, true]);
    [1000, 1, 0.5].forEach((value, i) => expect(pairs[i].value / value).toBeCloseTo(1, 4));
  });

  test('agrees with the dense spectrum of repeated eigenvalues, k = size', async () => {
    const H = withSpectrum([3, 3, -2, -2, 1, 0]);
    const options = { k: 6, tolerance: 1e-8, maxProducts: 500 };
    const { pairs } = await powerIteration(operatorOf(H), options);
    [3, 3, -2, -2, 1, 0].forEach((value, i) => expect(pairs[i].value).toBeCloseTo(value, 8));
    expect(pairs.every((pair) => pair.converged)).toBe(true);
  });

  test('counts the products of a pair that is found late for that pair', async () => {
    const n = 12;
    const stream = new RandomStream(3, 'probes');
    const start = Float64Array.from({ length: n }, () => stream.normal());
    // Orthonormal directions of which the first is orthogonal to the first start vector.
    const columns = new Matrix(n, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) columns.set(i, j, j === 0 ? start[i] : Number(i === j));
    }
    const Q = new QrDecomposition(columns).orthogonalMatrix;
    const values = [0.2, 9, 5, 3, ...new Array<number>(n - 4).fill(0.1)];
    const H = Q.mmul(Matrix.diag(values)).mmul(Q.transpose());
    // As the start has only its own direction, it is mixed with those of 5 and 3.
    const mixed = H.add(coupling(Q, 0, 2)).add(coupling(Q, 0, 3));
    const rounds: number[] = [];
    const { pairs } = await powerIteration(operatorOf(mixed), {
      k: 2,
      seed: 3,
      onProduct: (pair, products) => (rounds[pair] = products),
    });
    expect(pairs[0].value).toBeCloseTo(9, 3);
    expect(rounds[0]).not.toBe(rounds[1]);
    expect(pairs.map(({ products }) => products)).toEqual([rounds[1], rounds[0]]);
  });

  test('never claims convergence where +a and -a are both dominant', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const H = withSpectrum([7, -7, 1, 0.5, 0.1], seed);
      const [pair] = (await powerIteration(operatorOf(H), { seed })).pairs;
      expect(pair).toMatchObject({ converged: false, reason: 'products', products: 100 });
      expect(pair.residual).toBeGreaterThan(1e-3 * Math.abs(pair.value));
    }
  });

  test('with k = 2 separates +a from -a', async () => {
    const H = withSpectrum([7, -7, 1, 0.5, 0.1]);
    const { pairs } = await powerIteration(operatorOf(H), { k: 2 });
    expect(pairs.map((pair) => pair.value).sort((a, b) => a - b)[0]).toBeCloseTo(-7, 5);
    expect(pairs.map((pair) => Math.abs(pair.value))[0]).toBeCloseTo(7, 5);
    expect(pairs.every((pair) => pair.converged)).toBe(true);
  });

  test('of the zero operator is 0, converged after one product', async () => {
    const { pairs } = await powerIteration(operatorOf(Matrix.zeros(6, 6)), { k: 2 });
    expect(pairs).toHaveLength(2);
    for (const pair of pairs) {
      expect(pair).toMatchObject({
        residual: 0,
        relativeResidual: 0,
        products: 1,
        converged: true,
      });
      expect(Math.abs(pair.value)).toBe(0);
    }
  });

  test('finds zeros behind the rank of the operator', async () => {
    const { pairs } = await powerIteration(operatorOf(withSpectrum([2, 0, 0, 0])), { k: 3 });
    expect(pairs.map((pair) => pair.converged)).toEqual([true, true, true]);
    expect(pairs[1].value).toBeCloseTo(0, 12);
  });

  test('returns as many pairs as the operator has rows where k is larger', async () => {
    const { pairs } = await powerIteration(operatorOf(withSpectrum([3, 2])), { k: 5 });
    expect(pairs).toHaveLength(2);
    expect(pairs[1].value).toBeCloseTo(2, 5);
  });

  test('says that it ran out of products', async () => {
    const H = withSpectrum([1.001, 1, ...spread.map((e) => 0.9 * e)]);
    const [pair] = (await powerIteration(operatorOf(H), { maxProducts: 3 })).pairs;
    expect(pair).toMatchObject({ products: 3, converged: false, reason: 'products' });
  });

  test.each([NaN, Infinity])('ends clearly where a product holds %d', async (bad) => {
    const H = withSpectrum([9, 5, 1, 0.5]);
    let products = 0;
    const operator: LinearOperator = {
      size: 4,
      apply: async (v) => {
        const image = product(H, v);
        if (++products > 30) image[1] = bad;
        return image;
      },
    };
    const { pairs, vectors } = await powerIteration(operator, { k: 3, tolerance: 1e-9 });
    const last = pairs.at(-1);
    expect(last).toMatchObject({ value: NaN, converged: false, reason: 'not finite' });
    expect(vectors).toHaveLength(pairs.length - 1);
    expect(pairs.reduce((sum, pair) => sum + pair.products, 0)).toBe(31);
  });

  test('the same seed gives the same numbers, products are announced one by one', async () => {
    const H = operatorOf(withSpectrum([9, ...spread]));
    const announced: number[] = [];
    const options = { seed: 4, onProduct: (_: number, count: number) => announced.push(count) };
    const first = await powerIteration(H, options);
    expect(announced).toEqual(Array.from({ length: first.pairs[0].products }, (_, i) => i + 1));
    expect(await powerIteration(H, { seed: 4 })).toEqual(first);
    const other = await powerIteration(H, { seed: 5 });
    expect(other.vectors[0]).not.toEqual(first.vectors[0]);
  });

  test('refuses options out of range', async () => {
    const H = operatorOf(withSpectrum([1, 2]));
    await expect(powerIteration(H, { k: 0 })).rejects.toThrow(InputError);
    await expect(powerIteration(H, { tolerance: 0 })).rejects.toThrow('positive tolerance');
    await expect(powerIteration(H, { maxProducts: 1.5 })).rejects.toThrow('whole maxProducts');
  });
});

describe('hessianOperator', () => {
  test('multiplies with the Hessian at the weights given', async () => {
    // f = sum w_i^4 / 12 has the Hessian diag(w_i^2).
    const operator = hessianOperator(
      {
        size: 3,
        samples: 1,
        evaluate: () => Promise.reject(new Error('not needed')),
        gradient: () => Promise.reject(new Error('not needed')),
        hessianVector: async (w, v) => Float64Array.from(v, (vi, i) => w[i] ** 2 * vi),
      },
      Float64Array.of(1, 2, 3),
    );
    expect(await operator.apply(Float64Array.of(1, 1, 1))).toEqual(Float64Array.of(1, 4, 9));
    const { pairs } = await powerIteration(operator, { tolerance: 1e-6 });
    expect(pairs[0].value).toBeCloseTo(9, 9);
  });
});
