import type { Vector } from './objective.js';

/** a . b, accumulated in float64. */
export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** y += alpha x, in place. */
export function axpy(alpha: number, x: Vector, y: Vector): void {
  for (let i = 0; i < y.length; i++) y[i] += alpha * x[i];
}

/** x *= alpha, in place. */
export function scale(alpha: number, x: Vector): void {
  for (let i = 0; i < x.length; i++) x[i] *= alpha;
}

/** Euclidean norm, accumulated in float64. */
export function norm(x: Vector): number {
  return Math.sqrt(dot(x, x));
}

/** Whether no entry is NaN or infinite. */
export function allFinite(x: Vector): boolean {
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return false;
  return true;
}
