import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StudyResults } from '../../src/study/results.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { listing, type Outcome, readResults, succeed, writeStudy } from './command.js';
import { chromiumPath, lookAt } from './lookAt.js';

describe('a study from training to report', () => {
  const folder = temporaryFolder();
  const report = path.join(folder, 'runs/small/report');
  let outcome: Outcome;
  let results: StudyResults;

  beforeAll(async () => {
    writeStudy(folder, {
      regimes: `
  SB: { batch: 256, optimizer: adam, epochs: 2 }
  LB: { batch: '0.1 * N', optimizer: adam, epochs: 2 }`,
      measures: `
  - keskar: { epsilon: [1e-3, 5e-4], space: [full, 10], iterations: 3 }
  - hessian-top: { tolerance: 1e-2 }`,
      line: '{ from: SB, to: LB, points: 5 }',
    });
    outcome = await succeed(folder, 'run', 'study.yaml');
    results = readResults(folder);
  }, 60_000);

  it('ends with a table of finite numbers and the path of the report', () => {
    const lines = outcome.stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toBe(`Report: ${path.join(report, 'index.html')}`);
    const table = lines.slice(1, -3);
    expect(lines.at(-3)).toMatch(/^keskar: .* in per cent of 1 \+ f/);
    expect(table[0].trim().split(/\s+/)).toEqual(['SB', 'LB']);
    const numbers = new Map(
      table.slice(1).map((line) => {
        const [, name, ...cells] = /^(.+?) {3,}(\S+) +(\S+)$/.exec(line)!;
        return [name, cells.map(Number)];
      }),
    );
    expect([...numbers.keys()]).toEqual([
      'runs',
      'train accuracy (%)',
      'test accuracy (%)',
      'accuracy gap (% points)',
      'train loss',
      'test loss',
      'loss gap',
      'keskar full eps=1e-3 iterations=3',
      'keskar full eps=5e-4 iterations=3',
      'keskar 10d eps=1e-3 iterations=3',
      'keskar 10d eps=5e-4 iterations=3',
      'hessian-top',
      'hessian-top residual',
    ]);
    for (const cells of numbers.values()) expect(cells.every(Number.isFinite)).toBe(true);
    const [sb, lb] = numbers.get('test accuracy (%)')!;
    expect(sb).toBeGreaterThan(85);
    expect(lb).toBeGreaterThan(20);
  });

  it('says in plain lines what it does where standard error is no terminal', () => {
    const lines = outcome.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(2 + 2 * 5 + 1);
    expect(lines[0]).toMatch(/^train SB seed 1: done, test accuracy [\d.]+ % \([\d.]+ s\)$/);
    expect(lines[2]).toMatch(/^sharpness of SB seed 1 \(keskar full eps=1e-3 .*\): [\d.]+ \(/);
    expect(lines[10]).toMatch(/^top Hessian eigenvalue of SB seed 1 \(hessian-top\): [\d.]+ \(/);
    expect(lines[12]).toMatch(/^line from SB to LB, seed 1: 5 points \(/);
  });

  it('starts both regimes of a seed from the same weights', () => {
    const [sb, lb] = results.runs;
    expect(sb.initialWeightsHash).toMatch(/^[0-9a-f]{64}$/);
    expect(lb.initialWeightsHash).toBe(sb.initialWeightsHash);
    expect(lb.weightsHash).not.toBe(sb.weightsHash);
    expect(new Set([sb.weightsHash, lb.weightsHash]).has(sb.initialWeightsHash)).toBe(false);
    expect([sb.batch, lb.batch]).toEqual([256, 6000]);
    expect([sb.steps, lb.steps]).toEqual([470, 20]);
  });

  it('records every number with what it was computed from', () => {
    for (const run of results.runs) {
      expect(run.measures).toHaveLength(5);
      for (const { value, provenance } of run.measures) {
        expect(value).toBeTypeOf('number');
        expect(provenance).toMatchObject({
          weightsHash: run.weightsHash,
          dataHash: results.data.hash,
          samples: 500,
          of: 60_000,
          split: 'train',
          subsetSeed: 1,
          batchNorm: 'batch',
          chunk: 500,
          seed: 1,
        });
      }
      const sharpness = run.measures.filter(({ measure }) => measure === 'keskar');
      expect(sharpness).toHaveLength(4);
      for (const { value, details } of sharpness) {
        const { start, maximum } = details as { start: number; maximum: number };
        expect(value).toBeGreaterThanOrEqual(0);
        expect(maximum).toBeGreaterThanOrEqual(start);
        expect(value).toBeCloseTo((100 * (maximum - start)) / (1 + start), 10);
      }
      const top = run.measures.find(({ measure }) => measure === 'hessian-top')!;
      const { residual } = top.details as { residual: number };
      expect(top.converged).toBe(true);
      expect(residual).toBeLessThanOrEqual(1e-2 * Math.abs(top.value));
    }
    const [{ points }] = results.lines;
    expect(points.map(({ alpha }) => alpha)).toEqual([-1, -0.25, 0.5, 1.25, 2]);
    expect(points.every(({ trainLoss, testLoss }) => Number.isFinite(trainLoss + testLoss))).toBe(
      true,
    );
  });

  it('writes a record of results.csv for every measured number, and every figure in four formats', () => {
    const records = readFileSync(path.join(report, 'results.csv'), 'utf8').trimEnd().split('\n');
    const header = records[0].trimEnd().split(',');
    expect(header).toContain('weightsHash');
    const measured = records.slice(1).filter((record) => /keskar|hessian-top/.test(record));
    expect(measured.length).toBeGreaterThanOrEqual(10);
    const names = ['gap', 'hessian-top', 'parametric-line', 'sharpness', 'training-curves'];
    expect(listing(path.join(report, 'figures'))).toEqual(
      names.flatMap((name) => ['csv', 'png', 'svg', 'vl.json'].map((end) => `${name}.${end}`)),
    );
  });

  const message = 'needs Chromium: set CHROMIUM to its path';
  if (!chromiumPath && process.env.CI) throw new Error(`tests/cli/quickstart.test.ts ${message}`);
  it.skipIf(!chromiumPath)(
    `writes a page that draws every chart in a browser without network (${message})`,
    async () => {
      const url = pathToFileURL(path.join(report, 'index.html')).href;
      const { figures, troubles, requests, text } = await lookAt(url);
      expect(Object.keys(figures).sort()).toEqual([
        'gap',
        'hessian-top',
        'parametric-line',
        'sharpness',
        'training-curves',
      ]);
      for (const marks of Object.values(figures)) expect(marks).toBeGreaterThan(0);
      expect(troubles).toEqual([]);
      expect(requests).toEqual([url]);
      expect(text).toContain('500 of 60,000 training samples (subset seed 1)');
      expect(text).toContain(results.runs[0].id);
    },
  );
});
