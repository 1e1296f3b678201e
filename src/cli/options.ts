import { mostThreads } from '../engine/threads.js';
import { InputError } from '../error.js';

/** `all` or a positive whole number. */
export function samplesOption(value: string): 'all' | number {
  return value === 'all'
    ? 'all'
    : wholeNumber('--samples', value, 1, 'a positive whole number or all');
}

/** A whole number of threads that a machine may have. */
export function threadsOption(value: string): number {
  return wholeNumber('--threads', value, 1, `a whole number from 1 to ${mostThreads}`, mostThreads);
}

/** A whole number from 0. */
export function subsetSeedOption(value: string): number {
  return wholeNumber('--subset-seed', value, 0, 'a whole number that is not negative');
}

function wholeNumber(
  option: string,
  value: string,
  least: number,
  expected: string,
  most = Infinity,
): number {
  const number = Number(value);
  const inRange = number >= least && number <= most;
  if (value.trim() !== '' && Number.isSafeInteger(number) && inRange) return number;
  throw new InputError(`${option} ${value}: expected ${expected}.`);
}
