import { describe, expect, it } from 'vitest';
import { cellText, summaryTable, textTable } from '../../src/report/table.js';
import { fixture } from './fixture.js';

const row = { regime: 'SB', seed: null, runs: 2, diverged: 0, cells: [] };
const plain = { label: 'x', unit: '' } as const;

describe('summaryTable', () => {
  it('has a row a run and a summary a regime over the same quantities', () => {
    const table = summaryTable(fixture());
    expect(table.runs.map(({ regime, seed }) => `${regime} ${seed}`)).toEqual([
      'SB 1',
      'LB 1',
      'SB 2',
      'LB 2',
      'LB 3',
    ]);
    expect(table.regimes).toMatchObject([
      { regime: 'SB', runs: 2, diverged: 0 },
      { regime: 'LB', runs: 3, diverged: 1 },
    ]);
    for (const { cells } of [...table.runs, ...table.regimes]) {
      expect(cells).toHaveLength(table.quantities.length);
    }
  });

  it('gives mean and sample standard deviation of the finite values', () => {
    const results = fixture();
    const values = results.runs.filter((r) => r.regime === 'SB').map((r) => r.measures[0].value);
    const table = summaryTable(results);
    const i = table.quantities.findIndex((q) => q.label === 'keskar full eps=1e-3');
    const cell = table.regimes[0].cells[i];
    expect(cell.mean).toBeCloseTo((values[0] + values[1]) / 2, 12);
    expect(cell.standardDeviation).toBeCloseTo(Math.abs(values[0] - values[1]) / Math.SQRT2, 12);
  });

  it('shows residuals beside their value', () => {
    const labels = summaryTable(fixture()).quantities.map((q) => q.label);
    expect(labels.slice(-2)).toEqual(['hessian-top', 'hessian-top residual']);
  });
});

describe('cellText', () => {
  const cell = { n: 2, mean: 12.345, standardDeviation: 0.678, converged: true };

  it('shows three significant digits, the spread with the same decimals', () => {
    expect(cellText(cell, plain, row)).toBe('12.3 ± 0.7');
    expect(cellText({ ...cell, mean: 0.00456, standardDeviation: 0.0002 }, plain, row)).toBe(
      '0.00456 ± 0.00020',
    );
    expect(cellText({ ...cell, mean: 1234.5, standardDeviation: null }, plain, row)).toBe('1235');
    expect(cellText({ ...cell, mean: 2.5e-9, standardDeviation: 1e-10 }, plain, row)).toBe(
      '2.50e-9 ± 1.00e-10',
    );
    expect(cellText({ ...cell, mean: 98.026 }, { label: 'x', unit: '%' }, row)).toBe(
      '98.03 ± 0.68',
    );
  });

  it('marks what did not converge, what is missing, and what is there of too few runs', () => {
    expect(cellText({ ...cell, converged: false }, plain, row)).toBe('12.3 ± 0.7†');
    const none = { n: 0, mean: NaN, standardDeviation: null, converged: true };
    expect(cellText(none, plain, row)).toBe('–');
    expect(cellText({ ...none, converged: false }, plain, row)).toBe('–†');
    expect(cellText({ ...cell, n: 1, standardDeviation: null }, plain, row)).toBe('12.3 (1 of 2)');
  });
});

describe('textTable', () => {
  it('is aligned, and explains its signs', () => {
    const lines = textTable(summaryTable(fixture())).split('\n');
    const table = lines.slice(0, -3);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(table[0]).toMatch(/^ +SB +LB$/);
    expect(table[1]).toMatch(/^runs +2 +3 \(1 diverged\)$/);
    expect(lines.find((line) => line.startsWith('keskar full eps=1e-3'))).toMatch(/±.*±.*†$/);
    expect(lines.at(-3)).toBe('mean ± sample standard deviation over the seeds of a regime.');
    expect(lines.at(-2)).toMatch(/^keskar: .* in per cent of 1 \+ f, where f is the loss/);
    expect(lines.at(-1)).toMatch(/^† /);
  });

  it('names the L2 penalty where losses include one', () => {
    const note = 'losses: L2 penalty l2/2 ||w||^2 with l2 = 0.001 included.';
    expect(textTable(summaryTable({ ...fixture(), l2: 0.001 })).split('\n')).toContain(note);
    expect(textTable(summaryTable(fixture()))).not.toContain('L2');
  });

  it('has no spread and no explanations where one seed converged', () => {
    const results = fixture();
    results.runs = results.runs.filter((run) => run.seed === 1);
    expect(textTable(summaryTable(results))).not.toMatch(/[±†]/);
  });

  it('says so where every run diverged', () => {
    const results = fixture();
    results.runs = results.runs.filter((run) => run.status === 'diverged');
    expect(textTable(summaryTable(results))).toBe('                   LB\nruns   1 (1 diverged)');
  });
});
