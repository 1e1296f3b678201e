import { InputError } from '../error.js';
import type { Objective, Vector } from '../objective/objective.js';
import { norm, scale } from '../objective/vector.js';
import { RandomStream } from '../random.js';
import { type LbfgsbReason, type LbfgsbResult, minimise } from './lbfgsb/lbfgsb.js';
import { type ColumnScaling, Subspace } from './subspace.js';

export interface KeskarOptions {
  /** Half width of the box relative to |A^+ x| + 1. Default 1e-3; the paper also uses 5e-4. */
  epsilon?: number;
  /**
   * `full` (A = I), or a random subspace of so many columns. A `Subspace` that exists already saves
   * drawing it again for another model or epsilon. Default `full`.
   */
  space?: 'full' | { subspace: number; scaling?: ColumnScaling; seed?: number } | Subspace;
  /** Iterations of L-BFGS-B. More come nearer to the true maximum. Default 10, the paper's choice. */
  iterations?: number;
  /** Seed of the restart, and of the subspace if it names none. Default 0. */
  seed?: number;
  /** Called after every evaluation of loss and gradient, with their number so far and the loss. */
  onEvaluation?: (evaluations: number, loss: number) => void;
}

export interface KeskarResult {
  /** phi, in per cent of 1 + f(x); never negative. NaN where f(x) itself is not finite. */
  value: number;
  /** f(x). */
  start: number;
  /** Largest f found in the box, at least f(x). */
  maximum: number;
  /** Accepted line searches, those after a restart included. */
  iterations: number;
  /** Evaluations of loss and gradient, the one at x included. */
  evaluations: number;
  /** Why the maximisation ended. */
  reason: LbfgsbReason;
  /** Whether the search from x could not leave it and went on from a random point inside the box. */
  restarted: boolean;
  /** Why the search from x ended: where it was restarted, `projected gradient` says that x is stationary. */
  startReason: LbfgsbReason;
  /**
   * A line search failed or f was not finite: `maximum` is the best point until then. A failure at x
   * counts unless the restart found a larger f.
   */
  failed: boolean;
  /** The iterations were used up, as the metric prescribes, or the maximum was reached. */
  converged: boolean;
  /** Share of the coordinates of the maximiser that lie on their bound, 0 … 1. */
  boundShare: number;
  /** ||A^T grad f(x)||_2: how far x is from stationary. */
  gradientNorm: number;
}

/**
 * Sharpness after Metric 2.1 of Keskar et al. (2017):
 *
 *   phi = 100 (max_{z in C} f(x + A z) - f(x)) / (1 + f(x)),   C = { z : |z_i| <= eps (|(A^+ x)_i| + 1) }
 *
 * The maximum is sought by a few iterations of L-BFGS-B from z = 0 with both tolerances at zero, so it
 * is a lower bound of the true one. A start that L-BFGS-B cannot leave (zero gradient, first line search
 * failed) is left through a point drawn uniformly from the inner half of the box (stream `restart`), and that is reported.
 * The best point evaluated counts, so the maximum is never below f(x).
 *
 * Cost: one loss and gradient an evaluation, usually iterations + 1 to 3 evaluations more; in a subspace
 * also 2 n p products each. Memory: in the full space about 35 vectors of n float64.
 *
 * Throws an InputError for an option out of its range.
 */
export async function keskar(
  objective: Objective,
  weights: Vector,
  options: KeskarOptions = {},
): Promise<KeskarResult> {
  const { epsilon = 1e-3, iterations = 10, seed = 0, onEvaluation } = options;
  if (!(epsilon > 0) || !Number.isFinite(epsilon)) {
    throw new InputError(`keskar: expected a positive epsilon, got ${epsilon}.`);
  }
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new InputError(`keskar: expected iterations of at least 1, got ${iterations}.`);
  }
  const subspace = await spaceOf(options.space ?? 'full', objective.size, seed);
  const coordinates = subspace === null ? weights : await subspace.coordinates(weights);
  const upper = Float64Array.from(coordinates, (c) => epsilon * (Math.abs(c) + 1));
  const box = { lower: upper.map((bound) => -bound), upper };

  const point = new Float64Array(objective.size);
  let evaluations = 0;
  let gradientNorm = NaN;
  const evaluate = async (z: Float64Array) => {
    if (subspace === null) for (let i = 0; i < z.length; i++) point[i] = weights[i] + z[i];
    else await subspace.point(weights, z, point);
    const { loss, gradient } = await objective.gradient(point);
    const inSpace = subspace === null ? gradient : await subspace.transposeTimes(gradient);
    if (evaluations === 0) gradientNorm = norm(inSpace);
    evaluations++;
    onEvaluation?.(evaluations, loss);
    scale(-1, inSpace);
    return { value: -loss, gradient: inSpace };
  };
  const limits = { maxIterations: iterations, ftol: 0, gtol: 0 };
  const first = await minimise(evaluate, new Float64Array(upper.length), box, limits);
  const restarted = first.iterations === 0 && first.reason !== 'not finite';
  let last: LbfgsbResult = first;
  if (restarted) {
    const stream = new RandomStream(seed, 'restart');
    const inside = upper.map((bound) => bound * (stream.uniform() - 0.5));
    last = await minimise(evaluate, inside, box, limits);
  }

  const start = -first.start.value;
  const best = last.value < first.value ? last : first;
  const broke = ({ reason }: LbfgsbResult) =>
    reason === 'line search failed' || reason === 'not finite';
  const failed = broke(last) || broke(best);
  return {
    value: (100 * (-best.value - start)) / (1 + start),
    start,
    maximum: -best.value,
    iterations: last.iterations,
    evaluations,
    reason: last.reason,
    restarted,
    startReason: first.reason,
    failed,
    converged: !failed,
    boundShare: best.x.filter((z, i) => Math.abs(z) === upper[i]).length / upper.length,
    gradientNorm,
  };
}

async function spaceOf(
  space: NonNullable<KeskarOptions['space']>,
  size: number,
  seed: number,
): Promise<Subspace | null> {
  if (space === 'full') return null;
  if (!(space instanceof Subspace)) {
    return Subspace.create(size, { ...space, columns: space.subspace, seed: space.seed ?? seed });
  }
  if (space.size === size) return space;
  throw new InputError(
    `keskar: expected a subspace of ${size} weights, got one of ${space.size}; create it for this network.`,
  );
}
