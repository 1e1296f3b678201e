import { describe, expect, it } from 'vitest';
import { formatResults, parseResults } from '../../src/report/json.js';
import { fixture } from './fixture.js';

describe('formatResults', () => {
  it('is read back as the same results, NaN and infinities included', () => {
    const results = fixture();
    results.runs[0].measures[0].value = -Infinity;
    expect(parseResults(formatResults(results))).toEqual(results);
  });

  it('writes NaN and infinities as strings, which is JSON that any reader takes', () => {
    const json = formatResults(fixture());
    expect(json).toContain('"trainLoss": "NaN"');
    expect(json).toContain('"testLoss": "Infinity"');
    expect(json).toMatch(/^\{\n {2}"name": "mnist-f1",\n/);
  });
});
