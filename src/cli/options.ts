import { InputError } from '../error.js';

/** `all` or a positive whole number. */
export function samplesOption(value: string): 'all' | number {
  return value === 'all'
    ? 'all'
    : wholeNumber('--samples', value, 1, 'a positive whole number or all');
}

/** A positive whole number. */
export function threadsOption(value: string): number {
  return wholeNumber('--threads', value, 1, 'a positive whole number');
}

/** A whole number from 0. */
export function subsetSeedOption(value: string): number {
  return wholeNumber('--subset-seed', value, 0, 'a whole number that is not negative');
}

function wholeNumber(option: string, value: string, least: number, expected: string): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new InputError(`${option} ${value}: expected ${expected}.`);
}
