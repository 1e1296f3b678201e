import type { Evaluation, Objective } from '../objective/objective.js';

/** Loss and accuracy at one point of a line. */
export interface LinePoint {
  alpha: number;
  trainLoss: number;
  trainAccuracy: number;
  testLoss: number;
  testAccuracy: number;
}

/** `points` equally spaced values from the first to the last, both included. */
export function alphaGrid([first, last]: readonly [number, number], points: number): number[] {
  // Weights of the ends, not repeated steps: 0 and 1 are met exactly where they are on the grid.
  return Array.from(
    { length: points },
    (_, i) => (first * (points - 1 - i) + last * i) / (points - 1),
  );
}

/**
 * f(alpha x_to + (1 - alpha) x_from) on training and test samples (Goodfellow, Vinyals & Saxe 2015;
 * Keskar et al. 2017, figure 3). Between two solutions neither's running statistics are right, so the
 * objectives are to use batch statistics. Cost: two forward passes a point. `onPoint` is called after
 * each.
 */
export async function line(
  objectives: { train: Objective; test: Objective },
  from: Float32Array,
  to: Float32Array,
  alphas: readonly number[],
  onPoint?: (done: number) => void,
): Promise<LinePoint[]> {
  const weights = new Float32Array(from.length);
  const points: LinePoint[] = [];
  for (const alpha of alphas) {
    for (let i = 0; i < weights.length; i++) weights[i] = alpha * to[i] + (1 - alpha) * from[i];
    const train: Evaluation = await objectives.train.evaluate(weights);
    const test: Evaluation = await objectives.test.evaluate(weights);
    points.push({
      alpha,
      trainLoss: train.loss,
      trainAccuracy: train.accuracy,
      testLoss: test.loss,
      testAccuracy: test.accuracy,
    });
    onPoint?.(points.length);
  }
  return points;
}
