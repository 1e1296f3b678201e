import { describe, expect, it } from 'vitest';
import { csv } from '../../src/report/csv.js';

describe('csv', () => {
  it('quotes commas, quotes and line breaks, and nothing else', () => {
    const rows = [{ a: 'x, y', b: 'say "so"', c: 'two\nlines', d: "it's; fine" }];
    expect(csv(rows)).toBe('a,b,c,d\r\n"x, y","say ""so""","two\nlines",it\'s; fine\r\n');
  });

  it('writes null empty, numbers in full, and what is not finite by name', () => {
    const rows = [
      { a: 0.1 + 0.2, b: null },
      { a: NaN, b: true },
      { a: -Infinity, b: null },
    ];
    expect(csv(rows, ['a', 'b'])).toBe('a,b\r\n0.30000000000000004,\r\nNaN,true\r\n-Infinity,\r\n');
  });

  it('keeps the header of an empty table', () => {
    expect(csv([], ['a', 'b'])).toBe('a,b\r\n');
  });
});
