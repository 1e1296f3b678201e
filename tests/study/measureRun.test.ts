import { expect, it } from 'vitest';
import { keskarNote } from '../../src/study/measureRun.js';

it.each([
  [false, 'iterations', false, 'iterations', ''],
  [
    true,
    'projected gradient',
    false,
    'iterations',
    'the start was stationary: restarted from a random interior point',
  ],
  [
    true,
    'line search failed',
    false,
    'iterations',
    'the first line search failed: restarted from a random interior point',
  ],
  [
    true,
    'line search failed',
    true,
    'iterations',
    'the first line search failed: restarted from a random interior point; nothing better was found: the start is used',
  ],
  [
    false,
    'line search failed',
    true,
    'line search failed',
    'line search failed: the best point found is used',
  ],
] as const)(
  'keskar’s note (restarted %s, first search ended with %s, failed %s, ended with %s)',
  (restarted, startReason, failed, reason, note) => {
    expect(keskarNote({ restarted, startReason, failed, reason })).toBe(note);
  },
);
