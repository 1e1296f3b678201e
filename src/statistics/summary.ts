/** Size, mean and spread of a sample, for example of one measure over seeds. */
export interface Summary {
  n: number;
  mean: number;
  /** Sample standard deviation (divisor n - 1); null for one value, which has no spread. */
  standardDeviation: number | null;
}

/**
 * Mean and sample standard deviation sqrt(sum (x - mean)^2 / (n - 1)) in two passes.
 *
 * Throws a RangeError for an empty sample: it has no mean.
 */
export function summarise(values: readonly number[]): Summary {
  const n = values.length;
  if (n === 0) throw new RangeError('summarise: expected at least one value, got none.');
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { n, mean, standardDeviation: n > 1 ? Math.sqrt(squares / (n - 1)) : null };
}
