import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { physicalCores } from '../../src/engine/threads.js';

it('Physical cores are at least one and at most the processors there are', () => {
  expect(Number.isInteger(physicalCores())).toBe(true);
  expect(physicalCores()).toBeGreaterThanOrEqual(1);
  expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
});
