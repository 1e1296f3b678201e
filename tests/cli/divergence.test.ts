import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporaryFolder.js';
import { basin, readResults, runFolder, succeed, writeStudy } from './command.js';

it('training that diverges is a result: its step is told, the last good checkpoint kept, the report says so', async () => {
  const folder = temporaryFolder();
  writeStudy(folder, {
    network: '{ mlp: { hidden: [12], batchNorm: false } }',
    regimes: `
  SB: { batch: 512, optimizer: adam, epochs: 1 }
  wild: { batch: 6000, optimizer: sgd, learningRate: 1e30, epochs: 2 }`,
    measures: '[{ keskar: { epsilon: 1e-3, space: full, iterations: 1 } }]',
    line: '{ from: SB, to: wild, points: 3 }',
  });
  const { stdout, stderr } = await succeed(folder, 'run', 'study.yaml');
  const first = path.join(runFolder(folder, 'wild'), 'checkpoints', 'step-0.safetensors');
  expect(existsSync(first)).toBe(true);
  const results = readResults(folder);
  const [sb, wild] = results.runs;
  expect(sb.status).toBe('done');
  expect(wild).toMatchObject({ status: 'diverged', gap: null, measures: [], epochs: 0 });
  expect(wild.steps).toBeGreaterThan(1);
  expect(wild.weightsHash).toBe(wild.initialWeightsHash);
  expect(results.lines).toEqual([]);
  expect(stderr).toContain(
    `train wild seed 1: diverged at step ${wild.steps}: the loss is not finite; the last good checkpoint is ${path.relative(folder, first)}`,
  );
  expect(stdout).toMatch(/^runs +1 +1 \(1 diverged\)$/m);
  const report = path.join(folder, 'runs/small/report');
  expect(readFileSync(path.join(report, 'index.html'), 'utf8')).toContain(
    `${wild.id}: diverged after ${wild.steps} updates.`,
  );

  const written = readFileSync(path.join(report, 'results.json'), 'utf8');
  const again = await succeed(folder, 'run', 'study.yaml');
  expect(again.stderr).toContain(`train wild seed 1: diverged before, at step ${wild.steps}\n`);
  expect(readFileSync(path.join(report, 'results.json'), 'utf8')).toBe(written);

  const all = await basin(
    folder,
    'measure',
    'runs/small',
    '--measure',
    'keskar',
    '--samples',
    '50',
  );
  expect(all.code).toBe(0);
  expect(all.stderr).toContain(`${wild.id}: left out, its training diverged`);
  const one = await basin(folder, 'measure', runFolder(folder, 'wild'), '--measure', 'keskar');
  expect(one.code).toBe(2);
  expect(one.stderr).toMatch(/the training of this run diverged; there are no final weights/);
});
