import { describe, expect, it } from 'vitest';
import { measuredColumns, measuredRows } from '../../src/report/measuredRows.js';
import { fixture } from './fixture.js';

describe('measuredRows', () => {
  const rows = measuredRows(fixture());

  it('has six final numbers and every measure of each finished run', () => {
    expect(rows).toHaveLength(4 * (6 + 5));
    expect(rows.every((row) => row.status === 'done')).toBe(true);
  });

  it('says what each number was computed from', () => {
    expect(rows.find((row) => row.measure === 'hessian-top')).toMatchObject({
      run: 'SB-seed1-0123abcd',
      label: 'hessian-top',
      samples: 8000,
      of: 60000,
      split: 'train',
      subsetSeed: 7,
      batchNorm: 'running',
      engine: 'onnx',
    });
    expect(rows[0]).toMatchObject({ label: 'train loss', samples: 60000, split: 'train' });
  });

  it('says for final numbers too what the loss includes, and whether there is batch norm', () => {
    const results = { ...fixture(), l2: 0.01 };
    expect(measuredRows(results)[0]).toMatchObject({ batchNorm: 'running', l2: 0.01 });
    results.network.batchNorm = false;
    expect(measuredRows(results)[0]).toMatchObject({ batchNorm: 'none' });
  });

  it('keeps the mark and the reason of a value that did not converge', () => {
    const failed = rows.filter((row) => row.converged === false);
    expect(failed).toMatchObject([{ regime: 'LB', seed: 2, label: 'keskar full eps=1e-3' }]);
    expect(failed[0].note).toContain('line search failed');
  });

  it('names no field that is not a column', () => {
    for (const row of rows)
      expect(measuredColumns).toEqual(expect.arrayContaining(Object.keys(row)));
  });
});
