import { setImmediate } from 'node:timers/promises';
import { allFinite, dot } from '../../objective/vector.js';
import { type Box, CauchySearch } from './cauchyPoint.js';
import { CompactHessian } from './compactHessian.js';
import { lineSearch } from './lineSearch.js';
import { minimiseSubspace } from './subspaceMinimisation.js';

/** Value and gradient at x. `x` is a buffer of the solver: valid during the call, not to be changed. */
export type Evaluate = (x: Float64Array) => Promise<{ value: number; gradient: Float64Array }>;

export interface LbfgsbOptions {
  /** Iterations at most, counted as accepted line searches. Default 100. */
  maxIterations?: number;
  /** Evaluations of value and gradient at most, the one at the start included. Default: no limit. */
  maxEvaluations?: number;
  /** Stops where an iteration reduces f by no more than ftol * max(|f_old|, |f|, 1). Default 1e-9. */
  ftol?: number;
  /** Stops where no entry of the projected gradient exceeds gtol. Default 1e-5. */
  gtol?: number;
  /** Pairs (s, y) kept. More follow the curvature better and cost 16 bytes a variable each. Default 10. */
  memory?: number;
}

export type LbfgsbReason =
  | 'projected gradient'
  | 'relative reduction'
  | 'iterations'
  | 'evaluations'
  | 'line search failed'
  | 'not finite';

export interface LbfgsbResult {
  /**
   * The best point evaluated, inside the box. Rounding can put it a step before the one that met a
   * tolerance.
   */
  x: Float64Array;
  value: number;
  /** Largest entry of the projected gradient P(x - g) - x at `x`. */
  gradientNorm: number;
  /** Value and projected gradient at the start, after projection onto the box. */
  start: { value: number; gradientNorm: number };
  iterations: number;
  evaluations: number;
  reason: LbfgsbReason;
  /** Whether one of the two tolerances was met. */
  converged: boolean;
}

/**
 * Minimises a smooth f over a box by L-BFGS-B (Byrd, Lu, Nocedal & Zhu 1995; Zhu, Byrd, Lu & Nocedal
 * 1997; subspace step as revised by Morales & Nocedal 2011): generalized Cauchy point, minimisation of
 * the quadratic model over the free variables, strong-Wolfe search along the resulting direction with
 * the step capped at the box. A pair with s.y <= eps * (-g.s) is skipped; a breakdown of a small
 * factorisation or of a line search drops the memory and goes on by steepest descent, as published.
 *
 * The start is projected onto the box. Bounds may be infinite; equal bounds fix a variable.
 * An iteration is an accepted line search; SciPy counts the same. With ftol = gtol = 0 the tolerances
 * are met only by a zero projected gradient or a step that leaves f where it was.
 *
 * Never throws for a bad function: a failed line search and a value or gradient that is not finite end
 * the run with that reason and the best point so far (where the start itself is not finite: the start).
 *
 * Cost of an iteration beside the evaluations: O(m^2 n) at most, no allocation that grows with n.
 * Memory: 16 m n bytes for the pairs and about 80 n bytes beside.
 */
export async function minimise(
  evaluate: Evaluate,
  start: Float64Array,
  box: Box,
  options: LbfgsbOptions = {},
): Promise<LbfgsbResult> {
  const { maxIterations = 100, maxEvaluations = Infinity, memory = 10 } = options;
  const { ftol = 1e-9, gtol = 1e-5 } = options;
  const n = start.length;
  if (box.lower.length !== n || box.upper.length !== n) {
    throw new RangeError(`minimise: expected bounds for ${n} variables.`);
  }
  const boxed = box.lower.every(Number.isFinite) && box.upper.every(Number.isFinite);
  const free = !box.lower.some(Number.isFinite) && !box.upper.some(Number.isFinite);
  const x = new Float64Array(n);
  const previous = new Float64Array(n);
  const gradient = new Float64Array(n);
  const previousGradient = new Float64Array(n);
  const direction = new Float64Array(n);
  const hessian = new CompactHessian(n, memory);
  const cauchy = new CauchySearch(n);
  const best = { x: new Float64Array(n), value: Infinity, gradientNorm: NaN };
  let evaluations = 0;

  /** Evaluates at x into `gradient` and keeps the best point. */
  const probe = async (): Promise<{ value: number; finite: boolean; gradientNorm: number }> => {
    await setImmediate();
    evaluations++;
    const result = await evaluate(x);
    gradient.set(result.gradient);
    const finite = Number.isFinite(result.value) && allFinite(gradient);
    const gradientNorm = finite ? projectedGradientNorm(x, gradient, box) : NaN;
    if (finite && result.value < best.value) {
      best.x.set(x);
      best.value = result.value;
      best.gradientNorm = gradientNorm;
    }
    return { value: result.value, finite, gradientNorm };
  };

  for (let i = 0; i < n; i++) x[i] = Math.min(box.upper[i], Math.max(box.lower[i], start[i]));
  const first = await probe();
  if (!first.finite) best.x.set(x);
  let iterations = 0;
  const finish = (reason: LbfgsbReason): LbfgsbResult => ({
    ...best,
    value: first.finite ? best.value : first.value,
    start: { value: first.value, gradientNorm: first.gradientNorm },
    iterations,
    evaluations,
    reason,
    converged: reason === 'projected gradient' || reason === 'relative reduction',
  });
  if (!first.finite) return finish('not finite');
  if (first.gradientNorm <= gtol) return finish('projected gradient');

  let value = first.value;
  let fresh = true;
  while (iterations < maxIterations) {
    if (free && hessian.pairs > 0) {
      // Without bounds the subspace step from x is the whole quasi-Newton step.
      cauchy.stay(x, hessian);
    } else {
      cauchy.find(x, gradient, box, hessian);
    }
    if (hessian.pairs > 0 && cauchy.active.includes(0)) {
      const { active, correction, point } = cauchy;
      if (!minimiseSubspace(x, gradient, box, hessian, active, correction, point, direction)) {
        hessian.reset();
        continue;
      }
    }
    for (let i = 0; i < n; i++) direction[i] = cauchy.point[i] - x[i];
    const slope = dot(direction, gradient);
    const length = Math.sqrt(dot(direction, direction));
    const most = free ? 1e10 : fresh ? 1 : largestStep(x, direction, box);
    const initial = Math.min(fresh && !boxed ? 1 / length : 1, most);
    previous.set(x);
    previousGradient.set(gradient);
    let trial = first;
    let trialSlope = slope;
    const search = await lineSearch(
      async (step) => {
        if (evaluations >= maxEvaluations) return null;
        move(x, previous, direction, step, box, cauchy.point);
        trial = await probe();
        trialSlope = trial.finite ? dot(direction, gradient) : NaN;
        return { value: trial.value, slope: trialSlope };
      },
      { value, slope },
      initial,
      most,
    );
    if (search.outcome === 'stopped') return finish('evaluations');
    if (search.outcome === 'not finite') return finish('not finite');
    if (search.outcome === 'failed') {
      if (hessian.pairs === 0) return finish('line search failed');
      x.set(previous);
      gradient.set(previousGradient);
      hessian.reset();
      continue;
    }

    iterations++;
    fresh = false;
    const reduction = value - trial.value;
    const size = Math.max(Math.abs(value), Math.abs(trial.value), 1);
    value = trial.value;
    if (trial.gradientNorm <= gtol) return finish('projected gradient');
    if (reduction <= ftol * size) return finish('relative reduction');
    const curvature = (trialSlope - slope) * search.step;
    if (curvature > -Number.EPSILON * slope * search.step) {
      hessian.update(search.step, direction, gradient, previousGradient, curvature);
    }
  }
  return finish('iterations');
}

/** max_i |P(x - g) - x|_i. */
function projectedGradientNorm(
  x: Float64Array,
  gradient: Float64Array,
  { lower, upper }: Box,
): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const g = gradient[i];
    const moved = g < 0 ? Math.min(upper[i] - x[i], -g) : Math.min(x[i] - lower[i], g);
    if (moved > largest) largest = moved;
  }
  return largest;
}

/** Largest step that stays in the box. */
function largestStep(x: Float64Array, direction: Float64Array, { lower, upper }: Box): number {
  let most = 1e10;
  for (let i = 0; i < x.length; i++) {
    const d = direction[i];
    if (d === 0) continue;
    const room = d < 0 ? lower[i] - x[i] : upper[i] - x[i];
    if (d < 0 ? room >= 0 : room <= 0) return 0;
    if (Math.abs(d) * most > Math.abs(room)) most = room / d;
  }
  return most;
}

/** x = from + step * direction; the full step ends at `target` without rounding. */
function move(
  x: Float64Array,
  from: Float64Array,
  direction: Float64Array,
  step: number,
  { lower, upper }: Box,
  target: Float64Array,
): void {
  if (step === 1) {
    x.set(target);
    return;
  }
  for (let i = 0; i < x.length; i++) {
    x[i] = Math.min(upper[i], Math.max(lower[i], from[i] + step * direction[i]));
  }
}
