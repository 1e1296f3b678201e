import type { Objective, Vector } from '../objective/objective.js';

/** A symmetric linear map known only by its products with vectors. */
export interface LinearOperator {
  /** Number of rows and columns. */
  readonly size: number;
  /** The product with `vector`, which is left as it is; the array returned is the caller's to keep. */
  apply(vector: Vector): Promise<Float64Array>;
}

/** The Hessian of `objective` at `weights`. One product costs about two gradients. */
export function hessianOperator(objective: Objective, weights: Vector): LinearOperator {
  return {
    size: objective.size,
    apply: (vector) => objective.hessianVector(weights, vector),
  };
}
