import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { dot } from '../../objective/vector.js';

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
  /** sy[a][b] = s_a . y_b, known where s_a is not older than y_b; ss[a][b] = s_a . s_b. By slots. */
  private readonly sy: Matrix;
  private readonly ss: Matrix;
  private readonly born: number[] = [];
  private updates = 0;

  constructor(
    readonly size: number,
    readonly memory: number,
  ) {
    this.stride = 2 * memory;
    this.sy = Matrix.zeros(memory, memory);
    this.ss = Matrix.zeros(memory, memory);
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
    const products = new Float64Array(2 * this.pairs);
    let squares = 0;
    for (let i = 0, row = 0; i < size; i++, row += stride) {
      const y = gradient[i] - previous[i];
      const s = step * direction[i];
      rows[row + 2 * slot] = y;
      rows[row + 2 * slot + 1] = s;
      squares += y * y;
      for (let k = 0; k < products.length; k++) products[k] += rows[row + k] * s;
    }
    for (let other = 0; other < this.pairs; other++) {
      this.sy.set(slot, other, products[2 * other]);
      this.ss.set(slot, other, products[2 * other + 1]);
      this.ss.set(other, slot, products[2 * other + 1]);
    }
    this.sy.set(slot, slot, curvature);
    this.theta = squares / curvature;
    return this.factorise();
  }

  /** Whether s of slot a came after y of slot b. */
  newer(a: number, b: number): boolean {
    return this.born[a] > this.born[b];
  }

  /** U^T v, a vector of 2 pairs. Cost: 2 m n. */
  transposeTimes(v: Float64Array): Float64Array {
    const { rows, stride, size } = this;
    const out = new Float64Array(2 * this.pairs);
    for (let i = 0, row = 0; i < size; i++, row += stride) {
      const value = v[i];
      if (value === 0) continue;
      for (let k = 0; k < out.length; k++) out[k] += rows[row + k] * value;
    }
    return out;
  }

  /** Q v for a vector of 2 pairs. */
  timesQ(v: Float64Array): Float64Array {
    const n = v.length;
    return v.map((_, i) => dot(this.Q.subarray(i * n, (i + 1) * n), v));
  }

  /**
   * The symmetric indefinite system [-A B^T; B C] over pairs, with y entries of a vector before s
   * entries in each slot: `reduce(rhs)` solves it. With `free` sums of the subspace step the blocks are
   * A = D + Y'ZZ'Y / theta, B = (L - S'ZZ'Y) / theta, C = S'AA'S / theta, which is
   * Q^-1 - U'ZZ'U / theta without the cancellation (A: active variables; 1995, section 5.1).
   * Without sums it is Q^-1 itself. Null where a Cholesky factor breaks down.
   */
  system(free?: FreeSums): PairSystem | null {
    const { pairs, theta, sy, ss } = this;
    const A = Matrix.zeros(pairs, pairs);
    const B = Matrix.zeros(pairs, pairs);
    const C = Matrix.zeros(pairs, pairs);
    for (let a = 0; a < pairs; a++) {
      for (let b = 0; b < pairs; b++) {
        const k = a * pairs + b;
        const symmetric = a >= b ? k : b * pairs + a;
        const diagonal = a === b ? sy.get(a, a) : 0;
        const newer = this.newer(a, b);
        if (free === undefined) {
          A.set(a, b, diagonal);
          B.set(a, b, newer ? sy.get(a, b) / theta : 0);
          C.set(a, b, ss.get(a, b) / theta);
        } else {
          A.set(a, b, diagonal + free.yy[symmetric] / theta);
          B.set(a, b, (newer ? free.syActive[k] : -free.syFree[k]) / theta);
          C.set(a, b, free.ssActive[symmetric] / theta);
        }
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

/** Sums over variables of products of pairs; `yy` and `ssActive` hold their lower triangle. */
export interface FreeSums {
  /** Y'ZZ'Y over the free variables. */
  yy: Float64Array;
  /** S'ZZ'Y over the free variables. */
  syFree: Float64Array;
  /** S'AA'Y over the active variables. */
  syActive: Float64Array;
  /** S'AA'S over the active variables. */
  ssActive: Float64Array;
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
