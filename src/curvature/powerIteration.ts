import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { InputError } from '../error.js';
import { allFinite, axpy, dot, norm, scale } from '../objective/vector.js';
import { RandomStream } from '../random.js';
import type { LinearOperator } from './operator.js';

export interface PowerIterationOptions {
  /** Eigenpairs sought, largest magnitude first; at most the size of the operator. Default 1. */
  k?: number;
  /** A pair has converged where ||Hv - lambda v|| <= tolerance |lambda|. Default 1e-3. */
  tolerance?: number;
  /** Products with the operator at most, for each pair. Default 100. */
  maxProducts?: number;
  /** Seed of the start vectors (stream `probes`). Default 0. */
  seed?: number;
  /** Called after every product: the pair from 0, its products so far, lambda, relative residual. */
  onProduct?: (pair: number, products: number, value: number, relativeResidual: number) => void;
}

export interface EigenPair {
  /** Rayleigh quotient v.Hv with its sign; NaN after a product that is not finite. */
  value: number;
  /** ||Hv - lambda v||_2 for a unit vector v: some eigenvalue lies within it of `value`. */
  residual: number;
  /** residual / |lambda|; 0 where both are 0. */
  relativeResidual: number;
  /** Products with the operator that led to the vector which came to be mostly this pair's. */
  products: number;
  /** Whether the residual met the tolerance. */
  converged: boolean;
  /** Why the iteration for this pair ended. */
  reason: 'residual' | 'products' | 'not finite';
}

export interface PowerIterationResult {
  /** By decreasing magnitude; a product that was not finite adds a last pair with value NaN. */
  pairs: EigenPair[];
  /** Unit vectors of the pairs that have a value. */
  vectors: Float64Array[];
}

/** Residuals below this, or below this share of the largest eigenvalue, count as zero. */
const FLOOR = 1e-12;

/**
 * Eigenvalues of largest magnitude, with their sign, by power iteration with deflation (Golub & Van Loan
 * 2013, section 8.2): v <- Hv, orthogonalised against the vectors found before, normalised.
 *
 * Stops on the true residual ||Hv - lambda v||, not on the change of lambda, which stalls long before
 * convergence. Where +a and -a are both dominant the iteration never settles and `converged` is false.
 * With k > 1 each new vector is combined with the earlier ones by a Rayleigh-Ritz step on the products
 * at hand, so that errors of early vectors do not limit later ones; every residual reported is that of
 * the vector returned. A pair that did not converge still deflates those after it. Residuals up to
 * 1e-12 max(1, |lambda_1|) count as zero: that is how the pairs of a zero operator converge.
 *
 * A product that is not finite ends the run with what was found until then and a pair that says so.
 * Cost: up to maxProducts products a pair; memory 2 k + 3 vectors.
 * Throws an InputError for options out of range.
 */
export async function powerIteration(
  operator: LinearOperator,
  options: PowerIterationOptions = {},
): Promise<PowerIterationResult> {
  const { k = 1, tolerance = 1e-3, maxProducts = 100, seed = 0, onProduct } = options;
  positiveInteger('k', k);
  positiveInteger('maxProducts', maxProducts);
  if (!(tolerance > 0)) {
    throw new InputError(`power iteration: expected a positive tolerance, got ${tolerance}.`);
  }
  const stream = new RandomStream(seed, 'probes');
  let found = new RitzPairs([], [], [], []);
  for (let pair = 0; pair < Math.min(k, operator.size); pair++) {
    const v = Float64Array.from({ length: operator.size }, () => stream.normal());
    found.deflate(v);
    scale(1 / norm(v), v);
    for (let products = 1; ; products++) {
      const image = await operator.apply(v);
      if (!allFinite(image)) {
        return result(found, tolerance, products);
      }
      const next = image.slice();
      found.deflate(next);
      const value = dot(v, image);
      const residual = residualNorm(next, v, value);
      onProduct?.(pair, products, value, relative(residual, value));
      const last = products === maxProducts;
      if (last || found.meets(tolerance, residual, value)) {
        const joined = found.join(v, image, products);
        if (last || joined.converged(tolerance) > found.converged(tolerance)) {
          found = joined;
          break;
        }
      }
      v.set(next);
      scale(1 / norm(next), v);
    }
  }
  return result(found, tolerance);
}

/** Orthonormal vectors with their images and Rayleigh quotients, by decreasing magnitude. */
class RitzPairs {
  readonly residuals: number[];

  constructor(
    readonly vectors: Float64Array[],
    readonly images: Float64Array[],
    readonly values: number[],
    /** Spent on each pair. */
    readonly products: number[],
  ) {
    this.residuals = values.map((value, i) => residualNorm(images[i], vectors[i], value));
  }

  /** Orthogonalises `vector` against the pairs; twice, since once leaves rounding behind. */
  deflate(vector: Float64Array): void {
    for (let round = 0; round < 2; round++) {
      for (const v of this.vectors) axpy(-dot(v, vector), v, vector);
    }
  }

  /** Rayleigh-Ritz on the span of the pairs and one more vector, found with so many products. */
  join(vector: Float64Array, image: Float64Array, products: number): RitzPairs {
    const vectors = [...this.vectors, vector];
    const images = [...this.images, image];
    const n = vectors.length;
    const T = new Matrix(n, n);
    for (let a = 0; a < n; a++) {
      for (let b = 0; b <= a; b++) {
        const entry = (dot(vectors[a], images[b]) + dot(vectors[b], images[a])) / 2;
        T.set(a, b, entry).set(b, a, entry);
      }
    }
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(T, {
      assumeSymmetric: true,
    });
    const order = realEigenvalues.map((_, i) => i);
    order.sort((a, b) => Math.abs(realEigenvalues[b]) - Math.abs(realEigenvalues[a]));
    const rotated = (columns: Float64Array[]) =>
      order.map((i) => {
        const sum = new Float64Array(vector.length);
        columns.forEach((column, a) => axpy(eigenvectorMatrix.get(a, i), column, sum));
        return sum;
      });
    // The new vector may belong before earlier ones; its products go with it.
    const share = order.map((i) => Math.abs(eigenvectorMatrix.get(n - 1, i)));
    const spent = this.products.toSpliced(share.indexOf(Math.max(...share)), 0, products);
    return new RitzPairs(
      rotated(vectors),
      rotated(images),
      order.map((i) => realEigenvalues[i]),
      spent,
    );
  }

  meets(tolerance: number, residual: number, value: number): boolean {
    const largest = Math.abs(this.values[0] ?? value);
    return residual <= Math.max(tolerance * Math.abs(value), FLOOR * Math.max(1, largest));
  }

  /** How many pairs meet the tolerance. */
  converged(tolerance: number): number {
    return this.values.filter((value, i) => this.meets(tolerance, this.residuals[i], value)).length;
  }
}

/** `brokeAfter`: the products of a last pair, of which one was not finite. */
function result(found: RitzPairs, tolerance: number, brokeAfter?: number): PowerIterationResult {
  const spent = brokeAfter === undefined ? found.products : [...found.products, brokeAfter];
  const pairs = spent.map((products, i): EigenPair => {
    const value = found.values[i] ?? NaN;
    const residual = found.residuals[i] ?? NaN;
    const converged = found.meets(tolerance, residual, value);
    return {
      value,
      residual,
      relativeResidual: relative(residual, value),
      products,
      converged,
      reason: Number.isNaN(value) ? 'not finite' : converged ? 'residual' : 'products',
    };
  });
  return { pairs, vectors: found.vectors };
}

function residualNorm(image: Float64Array, v: Float64Array, value: number): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += (image[i] - value * v[i]) ** 2;
  return Math.sqrt(sum);
}

function relative(residual: number, value: number): number {
  return residual === 0 ? 0 : residual / Math.abs(value);
}

function positiveInteger(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new InputError(`power iteration: expected a whole ${name} of at least 1, got ${value}.`);
  }
}
