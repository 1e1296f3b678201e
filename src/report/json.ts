import type { StudyResults } from '../study/results.js';

const nonFinite = new Map([NaN, Infinity, -Infinity].map((value) => [String(value), value]));

/**
 * Results as indented JSON. JSON has no NaN and no infinities: they are written as the strings
 * `"NaN"`, `"Infinity"` and `"-Infinity"`, so that a diverged value is never taken for a missing one.
 */
export function formatResults(results: StudyResults): string {
  const replace = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  return JSON.stringify(results, replace, 2) + '\n';
}

/** Reads what `formatResults` wrote. */
export function parseResults(json: string): StudyResults {
  const revive = (_: string, value: unknown) =>
    typeof value === 'string' ? (nonFinite.get(value) ?? value) : value;
  return JSON.parse(json, revive) as StudyResults;
}
