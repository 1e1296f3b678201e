import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Threads of an engine at most: far more than cores only wait for each other, and exhaust the system. */
export const mostThreads = 256;

/**
 * Physical processor cores that this process may use: two hardware threads of one core share the
 * units that a matrix product keeps busy. Read from Linux' /proc/cpuinfo; elsewhere all processors count.
 */
export function physicalCores(): number {
  const available = availableParallelism();
  try {
    const cores = new Set<string>();
    for (const processor of readFileSync('/proc/cpuinfo', 'utf8').split('\n\n')) {
      const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(processor)?.[1];
      const core = field('core id');
      if (core !== undefined) cores.add(`${field('physical id')} ${core}`);
    }
    return cores.size > 0 ? Math.min(cores.size, available) : available;
  } catch {
    return available;
  }
}
