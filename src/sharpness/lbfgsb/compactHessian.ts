import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { dot } from '../../objective/vector.js';
import { addGram, GRAM_ROWS, gramStride } from '../gram.js';

/**
 * Limited-memory BFGS matrix in compact form (Byrd, Nocedal & Schnabel 1994; Byrd, Lu, Nocedal & Zhu
 * 1995, section 3):
 *
 *   B = theta I - U Q U^T,   U = [y_1 s_1 y_2 s_2 …],   Q^-1 = [ -D        L^T / theta   ]
 *                                                              [ L / theta  S^T S / theta ]
 *
 * with D the diagonal and L the strictly lower part of S^T Y (s newer than y). This is the published
 * W M W^T with W = [Y theta S], theta moved into Q so that the rows of U never need scaling.
 *
 * The pairs are stored by rows: the 2m numbers that belong to one variable lie side by side, because a
 * walk over breakpoints and free sets reads single rows. Memory: 16 m n bytes, taken at the first pair.
 */
export class CompactHessian {
  /** Scale of the initial matrix: y.y / s.y of the newest pair, 1 without pairs. */
  theta = 1;
  /** Pairs held, at most `memory`. */
  pairs = 0;
  /** Row i: y_1[i], s_1[i], y_2[i], s_2[i] … in slots that are reused in turn. */
  rows = new Float64Array(0);
  /** Numbers from one row to the next. */
  readonly stride: number;
  /** Q, row by row, (2 pairs) x (2 pairs). */
  Q = new Float64Array(0);
  /** U^T U by slots. */
  private readonly products: Matrix;
  private readonly born: number[] = [];
  private updates = 0;

  constructor(
    readonly size: number,
    readonly memory: number,
  ) {
    this.stride = 2 * memory;
    this.products = Matrix.zeros(this.stride, this.stride);
  }

  /** Back to B = I. */
  reset(): void {
    this.theta = 1;
    this.pairs = 0;
    this.updates = 0;
  }

  /**
   * Takes in the pair s = step * direction, y = gradient - previous; the oldest pair makes room.
   * `curvature` is s . y, positive. Returns false, with the memory reset, where Q does not exist
   * (its Cholesky factor breaks down in rounding). Cost: O(m n).
   */
  update(
    step: number,
    direction: Float64Array,
    gradient: Float64Array,
    previous: Float64Array,
    curvature: number,
  ): boolean {
    const { size, stride } = this;
    if (this.rows.length === 0) this.rows = new Float64Array(size * stride);
    const { rows } = this;
    const slot = this.updates % this.memory;
    this.born[slot] = this.updates++;
    this.pairs = Math.min(this.updates, this.memory);
    const width = 2 * this.pairs;
    const withY = new Float64Array(width);
    const withS = new Float64Array(width);
    for (let i = 0, row = 0; i < size; i++, row += stride) {
      const y = gradient[i] - previous[i];
      const s = step * direction[i];
      rows[row + 2 * slot] = y;
      rows[row + 2 * slot + 1] = s;
      for (let k = 0; k < width; k++) {
        withY[k] += rows[row + k] * y;
        withS[k] += rows[row + k] * s;
      }
    }
    // The line search knows s . y to more digits than the sum over variables does.
    withY[2 * slot + 1] = withS[2 * slot] = curvature;
    for (let k = 0; k < width; k++) {
      this.products.set(k, 2 * slot, withY[k]).set(2 * slot, k, withY[k]);
      this.products.set(k, 2 * slot + 1, withS[k]).set(2 * slot + 1, k, withS[k]);
    }
    this.theta = withY[2 * slot] / curvature;
    return this.factorise();
  }

  /** U^T v, a vector of 2 pairs. Cost: 2 m n. */
  transposeTimes(v: Float64Array): Float64Array {
    const { rows, stride, size } = this;
    const width = 2 * this.pairs;
    const out = new Float64Array(width);
    for (let i = 0, row = 0; i < size; i++, row += stride) {
      const value = v[i];
      if (value === 0) continue;
      for (let k = 0; k < width; k += 2) {
        out[k] += rows[row + k] * value;
        out[k + 1] += rows[row + k + 1] * value;
      }
    }
    return out;
  }

  /** Q v for a vector of 2 pairs. */
  timesQ(v: Float64Array): Float64Array {
    const n = v.length;
    return v.map((_, i) => dot(this.Q.subarray(i * n, (i + 1) * n), v));
  }

  /** U^T Z Z^T U over the variables whose `active` entry is 0. Cost: at most m^2 n products. */
  freeProducts(active: Uint8Array): Matrix {
    let count = 0;
    for (const held of active) count += held;
    const rarer = 2 * count <= this.size ? 1 : 0;
    const sums = this.sumWhere(active, rarer);
    // Subtracting rounds to a unit of U^T U, which is what D = diag(S^T Y) carries already.
    return rarer === 0
      ? sums
      : this.products.subMatrix(0, sums.rows - 1, 0, sums.rows - 1).sub(sums);
  }

  private sumWhere(active: Uint8Array, status: number): Matrix {
    const { rows, stride, size } = this;
    const width = 2 * this.pairs;
    const padded = gramStride(width);
    const block = new Float64Array(GRAM_ROWS * padded);
    const gram = new Float64Array(padded * padded);
    let filled = 0;
    for (let i = 0; i < size; i++) {
      if (active[i] !== status) continue;
      for (let k = 0, row = i * stride, to = filled * padded; k < width; k++) {
        block[to + k] = rows[row + k];
      }
      if (++filled === GRAM_ROWS) {
        addGram(block, filled, padded, gram);
        filled = 0;
      }
    }
    addGram(block, filled, padded, gram);
    const sums = Matrix.zeros(width, width);
    for (let a = 0; a < width; a++) {
      for (let b = 0; b <= a; b++) {
        const sum = gram[a * padded + b];
        sums.set(a, b, sum).set(b, a, sum);
      }
    }
    return sums;
  }

  /**
   * Q^-1 - F / theta, the system of the subspace step, with F = `freeProducts`; without F it is Q^-1.
   * Its blocks are written [-A B^T; B C]: A = D + Y'ZZ'Y / theta; B = (L - S'ZZ'Y) / theta;
   * C = (S'S - S'ZZ'S) / theta (1995, section 5.1). Null where a Cholesky factor breaks down.
   */
  system(free?: Matrix): PairSystem | null {
    const { pairs, theta, products, born } = this;
    const A = Matrix.zeros(pairs, pairs);
    const B = Matrix.zeros(pairs, pairs);
    const C = Matrix.zeros(pairs, pairs);
    for (let a = 0; a < pairs; a++) {
      for (let b = 0; b < pairs; b++) {
        const [ya, sa, yb, sb] = [2 * a, 2 * a + 1, 2 * b, 2 * b + 1];
        const diagonal = a === b ? products.get(sa, ya) : 0;
        const lower = born[a] > born[b] ? products.get(sa, yb) : 0;
        A.set(a, b, diagonal + (free?.get(ya, yb) ?? 0) / theta);
        B.set(a, b, (lower - (free?.get(sa, yb) ?? 0)) / theta);
        C.set(a, b, (products.get(sa, sb) - (free?.get(sa, sb) ?? 0)) / theta);
      }
    }
    return PairSystem.factorise(A, B, C);
  }

  private factorise(): boolean {
    const system = this.system();
    if (system === null) {
      this.reset();
      return false;
    }
    const n = 2 * this.pairs;
    this.Q = new Float64Array(n * n);
    const unit = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      unit.fill(0);
      unit[i] = 1;
      this.Q.set(system.solve(unit), i * n);
    }
    return true;
  }
}

/** [-A B^T; B C] with A and its Schur complement C + B A^-1 B^T positive definite. */
class PairSystem {
  private constructor(
    private readonly A: CholeskyDecomposition,
    private readonly B: Matrix,
    private readonly schur: CholeskyDecomposition,
  ) {}

  static factorise(A: Matrix, B: Matrix, C: Matrix): PairSystem | null {
    const upper = new CholeskyDecomposition(A);
    if (!upper.isPositiveDefinite()) return null;
    const S = C.add(B.mmul(upper.solve(B.transpose())));
    // Rounding leaves S unsymmetric by a unit in the last place, which the factorisation refuses.
    const schur = new CholeskyDecomposition(S.add(S.transpose()).mul(0.5));
    return schur.isPositiveDefinite() ? new PairSystem(upper, B, schur) : null;
  }

  /** Solves for a vector whose even entries belong to the y of a pair and odd entries to its s. */
  solve(rhs: Float64Array): Float64Array {
    const pairs = rhs.length / 2;
    const column = (offset: number) =>
      Matrix.columnVector(Array.from({ length: pairs }, (_, k) => rhs[2 * k + offset]));
    const first = column(0);
    const s = this.schur.solve(column(1).add(this.B.mmul(this.A.solve(first))));
    const y = this.A.solve(this.B.transpose().mmul(s).sub(first));
    return Float64Array.from(rhs, (_, k) => (k % 2 === 0 ? y : s).get(k >> 1, 0));
  }
}
