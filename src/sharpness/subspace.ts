import { setImmediate } from 'node:timers/promises';
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { InputError } from '../error.js';
import type { Vector } from '../objective/objective.js';
import { RandomStream } from '../random.js';
import { addGram, GRAM_ROWS, gramStride } from './gram.js';

/** `none`: columns as drawn, of length about sqrt(n). `unit`: every column has length 1. */
export type ColumnScaling = 'none' | 'unit';

export interface SubspaceOptions {
  /** Number of columns p, at most the number of weights. Default 100. */
  columns?: number;
  /** Default `none`. Sharpness depends on it by orders of magnitude, so it belongs in every result. */
  scaling?: ColumnScaling;
  /** Seed of the columns. Default 0. */
  seed?: number;
  /** Bytes of columns to keep; above it they are drawn anew on every pass. Default 1 GiB. */
  budget?: number;
}

const BLOCK_ROWS = 1024;
const YIELD_AFTER_MS = 100;

/**
 * A random p-dimensional subspace of weight space: x + A y with A (n x p) of independent N(0, 1) entries,
 * rounded to float32, optionally with columns scaled to length 1 (Keskar et al. 2017, section 2.2.2, which
 * leaves distribution and scaling open).
 *
 * Block b of 1024 rows comes from the stream `subspace b` of the seed, so the numbers are the same
 * whether they are kept (4 n p bytes) or drawn again on each pass. A^+ x needs only the Gram matrix
 * A^T A, formed once in float64; A is never decomposed. All passes give the event loop its turn.
 */
export class Subspace {
  readonly distribution = 'normal';
  private readonly stride: number;
  private readonly kept: Float32Array[] = [];
  /** Factor that each drawn column is multiplied with. */
  private readonly scale: Float64Array;
  private gram!: CholeskyDecomposition;

  private constructor(
    /** Number of weights n. */
    readonly size: number,
    /** Number of columns p. */
    readonly columns: number,
    readonly scaling: ColumnScaling,
    readonly seed: number,
  ) {
    this.stride = gramStride(columns);
    this.scale = new Float64Array(columns).fill(1);
  }

  /**
   * Draws the columns and forms their Gram matrix: n p normal numbers and n p^2 / 2 products.
   * Throws an InputError where p is not an integer from 1 to n.
   */
  static async create(size: number, options: SubspaceOptions = {}): Promise<Subspace> {
    const { columns = 100, scaling = 'none', seed = 0, budget = 2 ** 30 } = options;
    if (!Number.isInteger(columns) || columns < 1 || columns > size) {
      throw new InputError(
        `subspace: expected a whole number of columns from 1 to the number of weights ${size}, got ${columns}.`,
      );
    }
    const subspace = new Subspace(size, columns, scaling, seed);
    await subspace.prepare(4 * size * subspace.stride <= budget);
    return subspace;
  }

  /** out = x + A y. Cost: n p products. */
  async point(x: Vector, y: Float64Array, out: Float64Array): Promise<void> {
    const { stride, columns, scale, size } = this;
    const weights = new Float64Array(stride);
    for (let k = 0; k < columns; k++) weights[k] = scale[k] * y[k];
    await this.pass((block, first) => {
      const end = Math.min(size, first + BLOCK_ROWS);
      for (let i = first, at = 0; i < end; i++) {
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        for (let k = 0; k < stride; k += 4, at += 4) {
          s0 += block[at] * weights[k];
          s1 += block[at + 1] * weights[k + 1];
          s2 += block[at + 2] * weights[k + 2];
          s3 += block[at + 3] * weights[k + 3];
        }
        out[i] = x[i] + (s0 + s1 + (s2 + s3));
      }
    });
  }

  /** A^T g, a vector of p. Cost: n p products. */
  async transposeTimes(g: Vector): Promise<Float64Array> {
    const { columns, scale } = this;
    const sums = await this.drawnTransposeTimes(g);
    return sums.subarray(0, columns).map((sum, k) => scale[k] * sum);
  }

  /** A^+ x = (A^T A)^-1 A^T x, a vector of p. Cost: n p products. */
  async coordinates(x: Vector): Promise<Float64Array> {
    const { columns, scale, gram } = this;
    const sums = await this.drawnTransposeTimes(x);
    const solved = gram.solve(Matrix.columnVector(sums.subarray(0, columns)));
    return scale.map((factor, k) => solved.get(k, 0) / factor);
  }

  private async drawnTransposeTimes(g: Vector): Promise<Float64Array> {
    const { stride, size } = this;
    const sums = new Float64Array(stride);
    await this.pass((block, first) => {
      const end = Math.min(size, first + BLOCK_ROWS);
      // Four rows at a time; rows beyond the last weight are zeros and are multiplied by zero.
      for (let i = first, at = 0; i < end; i += 4, at += 4 * stride) {
        const g0 = g[i];
        const g1 = i + 1 < end ? g[i + 1] : 0;
        const g2 = i + 2 < end ? g[i + 2] : 0;
        const g3 = i + 3 < end ? g[i + 3] : 0;
        const [second, third, fourth] = [at + stride, at + 2 * stride, at + 3 * stride];
        for (let k = 0; k < stride; k++) {
          sums[k] +=
            g0 * block[at + k] +
            g1 * block[second + k] +
            (g2 * block[third + k] + g3 * block[fourth + k]);
        }
      }
    });
    return sums;
  }

  private async prepare(keep: boolean): Promise<void> {
    const { stride, columns, scale } = this;
    const sums = new Float64Array(stride * stride);
    const rows = new Float64Array(GRAM_ROWS * stride);
    await this.pass((block) => {
      if (keep) this.kept.push(block.slice());
      for (let at = 0; at < block.length; at += rows.length) {
        rows.set(block.subarray(at, at + rows.length));
        addGram(rows, GRAM_ROWS, stride, sums);
      }
    });
    const gram = new Matrix(columns, columns);
    for (let a = 0; a < columns; a++) {
      for (let b = 0; b <= a; b++) gram.set(a, b, sums[a * stride + b]).set(b, a, gram.get(a, b));
      if (this.scaling === 'unit') scale[a] = 1 / Math.sqrt(gram.get(a, a));
    }
    this.gram = new CholeskyDecomposition(gram);
  }

  /** Visits all blocks in order, from memory or drawn into one buffer that the next block overwrites. */
  private async pass(visit: (block: Float32Array, first: number) => void): Promise<void> {
    const buffer = this.kept.length > 0 ? undefined : new Float32Array(BLOCK_ROWS * this.stride);
    let turn = performance.now();
    for (let b = 0; b * BLOCK_ROWS < this.size; b++) {
      visit(buffer === undefined ? this.kept[b] : this.draw(b, buffer), b * BLOCK_ROWS);
      if (performance.now() - turn > YIELD_AFTER_MS) {
        await setImmediate();
        turn = performance.now();
      }
    }
  }

  private draw(b: number, block: Float32Array): Float32Array {
    const { stride, columns, size } = this;
    const stream = new RandomStream(this.seed, `subspace ${b}`);
    const rows = Math.min(BLOCK_ROWS, size - b * BLOCK_ROWS);
    block.fill(0, rows * stride);
    for (let at = 0; at < rows * stride; at += stride) {
      for (let k = 0; k < columns; k++) block[at + k] = stream.normal();
    }
    return block;
  }
}
