import { InvalidArgumentError } from 'commander';

/** `all` or a positive whole number. */
export function samplesOption(value: string): 'all' | number {
  return value === 'all' ? 'all' : countOption(value, 'a positive whole number or all');
}

/** A positive whole number. */
export function countOption(value: string, expected = 'a positive whole number'): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError(`Expected ${expected}.`);
  return count;
}
