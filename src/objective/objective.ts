/** Mean loss and, for classification, the share of samples whose largest logit is the label. */
export interface Evaluation {
  loss: number;
  accuracy: number;
}

/**
 * A network's loss on named samples as a function of its weight vector: the waist of the project.
 * Everything that measures (sharpness, curvature, landscapes) knows only this.
 *
 * f(w) = sum_i s_i l(w; x_i, y_i) / sum_i s_i  (+ l2/2 ||w||^2 where asked for), with sample weights s,
 * over exactly the samples named. Sums over samples are float64. Vectors have `size` entries in the
 * order of `layout`. Every method is a pure function of its arguments.
 */
export interface Objective {
  /** Number of weights n. */
  readonly size: number;
  /** Number of samples N that the mean runs over. */
  readonly samples: number;
  /** Loss and accuracy. Cost: one forward pass. */
  evaluate(weights: Vector): Promise<Evaluation>;
  /** Loss and gradient. Cost: a forward and a backward pass. The array is the caller's to keep. */
  gradient(weights: Vector): Promise<{ loss: number; gradient: Float64Array }>;
  /** Hessian times `vector`, exact up to rounding. Cost: about two gradients. The array is the caller's. */
  hessianVector(weights: Vector, vector: Vector): Promise<Float64Array>;
}

/** A vector over all weights; float32 inside the programs, float64 where sums are formed. */
export type Vector = Float32Array | Float64Array;
