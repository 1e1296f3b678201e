import { Matrix, pseudoInverse } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/random.js';
import { Subspace, type SubspaceOptions } from '../../src/sharpness/subspace.js';

const [n, p] = [2500, 7];

/** A as a dense matrix, column by column. */
async function dense(subspace: Subspace): Promise<Matrix> {
  const A = new Matrix(subspace.size, subspace.columns);
  for (let k = 0; k < subspace.columns; k++) {
    const unit = new Float64Array(subspace.columns);
    unit[k] = 1;
    const column = new Float64Array(subspace.size);
    await subspace.point(new Float64Array(subspace.size), unit, column);
    A.setColumn(k, [...column]);
  }
  return A;
}

const create = (options: SubspaceOptions = {}) =>
  Subspace.create(n, { columns: p, seed: 3, ...options });

describe.each(['none', 'unit'] as const)('Subspace with column scaling %s', (scaling) => {
  test('agrees with the dense matrix in A y, A^T g and A^+ x', async () => {
    const stream = new RandomStream(1, 'test');
    const vector = (length: number) => Float64Array.from({ length }, () => stream.normal());
    const subspace = await create({ scaling });
    const A = await dense(subspace);
    const [x, y] = [vector(n), vector(p)];

    const out = new Float64Array(n);
    await subspace.point(x, y, out);
    const shifted = A.mmul(Matrix.columnVector(y));
    out.forEach((value, i) => expect(value).toBeCloseTo(x[i] + shifted.get(i, 0), 10));

    const product = A.transpose().mmul(Matrix.columnVector(x));
    (await subspace.transposeTimes(x)).forEach((v, k) =>
      expect(v).toBeCloseTo(product.get(k, 0), 9),
    );
    const coordinates = pseudoInverse(A).mmul(Matrix.columnVector(x));
    (await subspace.coordinates(x)).forEach((v, k) =>
      expect(v).toBeCloseTo(coordinates.get(k, 0), 10),
    );
  });

  test('gives the same numbers kept or drawn anew on each pass', async () => {
    const stream = new RandomStream(2, 'test');
    const x = Float64Array.from({ length: n }, () => stream.normal());
    const y = Float64Array.from({ length: p }, () => stream.normal());
    const [kept, drawn] = [await create({ scaling }), await create({ scaling, budget: 0 })];
    const [a, b] = [new Float64Array(n), new Float64Array(n)];
    await kept.point(x, y, a);
    await drawn.point(x, y, b);
    expect(b).toEqual(a);
    expect(await drawn.transposeTimes(x)).toEqual(await kept.transposeTimes(x));
    expect(await drawn.coordinates(x)).toEqual(await kept.coordinates(x));
  });
});

describe('Subspace', () => {
  test('draws independent standard normal entries, other ones for another seed', async () => {
    const entries = (await dense(await create())).to1DArray();
    const mean = entries.reduce((sum, a) => sum + a, 0) / entries.length;
    const variance = entries.reduce((sum, a) => sum + (a - mean) ** 2, 0) / entries.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    expect(new Set(entries).size).toBeGreaterThan(0.999 * entries.length);
    const other = (await dense(await create({ seed: 4 }))).to1DArray();
    expect(other.filter((a, i) => a === entries[i]).length).toBeLessThan(5);
  });

  test('has columns of length 1 where asked', async () => {
    const A = await dense(await create({ scaling: 'unit' }));
    for (let k = 0; k < p; k++) expect(Math.hypot(...A.getColumn(k))).toBeCloseTo(1, 12);
  });

  test.each([0, 2.5, 8])('refuses %d columns for 7 weights', async (columns) => {
    await expect(Subspace.create(7, { columns })).rejects.toThrow('expected a whole number');
  });

  test('lets the event loop run during a long pass', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await Subspace.create(200_000, { columns: 60 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
