import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MeasureResult } from '../../src/study/results.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { basin, listing, readResults, runFolder, succeed, writeStudy } from './command.js';

type Measured = { run: string; result: MeasureResult }[];

describe('a study that has run', () => {
  const folder = temporaryFolder();
  const report = path.join(folder, 'runs/small/report');
  const contents = () =>
    listing(report)
      .filter((name) => statSync(path.join(report, name)).isFile())
      .map((name) => [name, readFileSync(path.join(report, name), 'base64')]);

  beforeAll(async () => {
    writeStudy(folder, {
      data: '{ name: mnist, train: { samples: 20000, seed: 3 } }',
      regimes: `
  SB: { batch: 512, optimizer: adam, epochs: 1 }
  LB: { batch: '0.1 * N', optimizer: adam, epochs: 1 }`,
      measures:
        '[{ keskar: { epsilon: 1e-3, space: 10, iterations: 2 } }, { hessian-top: { tolerance: 0.1 } }]',
      line: '{ from: SB, to: LB, points: 3 }',
    });
    await succeed(folder, 'run', 'study.yaml');
  }, 60_000);

  it('is neither trained nor measured again, and its report is the same byte for byte', async () => {
    const before = contents();
    const { stderr, stdout } = await succeed(folder, 'run', 'study.yaml');
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^train SB seed 1: done before, test accuracy [\d.]+ %$/),
      expect.stringMatching(/^train LB seed 1: done before, test accuracy [\d.]+ %$/),
      'measures: 4 of 4 were there before',
      'line from SB to LB, seed 1: there before',
    ]);
    expect(stdout).toContain('keskar 10d eps=1e-3');
    expect(contents()).toEqual(before);
  });

  it('measures again only what was deleted, and finds the same value', async () => {
    const before = readResults(folder);
    const measures = path.join(runFolder(folder, 'LB'), 'measures');
    const deleted = readdirSync(measures).find((name) => name.startsWith('keskar'))!;
    rmSync(path.join(measures, deleted));
    const { stderr } = await succeed(folder, 'run', 'study.yaml');
    expect(stderr).toContain('measures: 3 of 4 were there before');
    expect(stderr.match(/^sharpness of .*/gm)).toEqual([
      expect.stringMatching(/^sharpness of LB seed 1 \(keskar 10d/),
    ]);
    expect(stderr).not.toContain('Hessian');
    const seconds = /"seconds":[^,}]*/g;
    expect(JSON.stringify(readResults(folder)).replace(seconds, '')).toBe(
      JSON.stringify(before).replace(seconds, ''),
    );
  });

  it('is measured on other samples where --samples says so, and keeps the numbers it had', async () => {
    const before = readResults(folder).runs[0].measures[0].value;
    const onSamples = async (samples: string) => {
      const { stdout, stderr } = await succeed(
        folder,
        ...['run', 'study.yaml', '--samples', samples, '--json'],
      );
      expect(stderr).not.toMatch(/measures: .* there before/);
      return (JSON.parse(stdout) as ReturnType<typeof readResults>).runs[0].measures[0];
    };
    const few = await onSamples('300');
    expect(few.provenance).toMatchObject({ samples: 300, subsetSeed: 1, chunk: 300 });
    const all = await onSamples('all');
    expect(all.provenance).toMatchObject({
      samples: 20_000,
      of: 20_000,
      subsetSeed: null,
      chunk: 2000,
    });
    expect(new Set([before, few.value, all.value]).size).toBe(3);
    const { stderr } = await succeed(folder, 'run', 'study.yaml');
    expect(stderr).toContain('measures: 4 of 4 were there before');
    expect(stderr).toContain('line from SB to LB, seed 1: there before');
    expect(readResults(folder).runs[0].measures[0].value).toBe(before);
  });

  it('has its report drawn again from results.json alone, byte for byte', async () => {
    const before = contents();
    const page = path.join(report, 'index.html');
    rmSync(page);
    rmSync(path.join(report, 'figures'), { recursive: true });
    const { stdout } = await succeed(folder, 'report', 'runs/small');
    expect(stdout).toContain('keskar 10d eps=1e-3');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`Report: ${page}`);
    expect(contents()).toEqual(before);
  });

  it('has its report drawn elsewhere with --out, the files listed as JSON', async () => {
    const { stdout } = await succeed(folder, 'report', 'runs/small', '--out', 'copy', '--json');
    const files = JSON.parse(stdout) as string[];
    expect(files[0]).toBe(path.join(folder, 'copy', 'index.html'));
    for (const file of files) expect(statSync(file).size).toBeGreaterThan(0);
  });

  it('is measured further at one run, options given as in a study file', async () => {
    const { stdout } = await succeed(
      folder,
      ...['measure', runFolder(folder, 'SB'), '--measure', 'keskar', '--samples', '500'],
      ...['--epsilon', '1e-3', '--space', 'full', '--iterations', '2', '--json'],
    );
    const measured = JSON.parse(stdout) as Measured;
    expect(measured).toHaveLength(1);
    expect(measured[0].run).toMatch(/^SB-seed1-/);
    expect(measured[0].result).toMatchObject({
      measure: 'keskar',
      label: 'keskar full eps=1e-3 iterations=2',
      options: { epsilon: 1e-3, space: 'full', iterations: 2 },
      provenance: { samples: 500, chunk: 500 },
    });
    expect(measured[0].result.value).toBeGreaterThan(0);
  });

  it('is measured further at all its runs, each with a line that says on what', async () => {
    const { stdout } = await succeed(
      folder,
      ...[
        'measure',
        'runs/small',
        '--measure',
        'hessian-top',
        '--k',
        '2',
        '--tolerance',
        '0.1',
        '--samples',
        '500',
      ],
    );
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^LB-seed1-[0-9a-f]{8} {3}hessian-top k=2 {3}[\d.]+$/);
    expect(lines[1]).toMatch(/^ {3}eigenvalues [\d.]+, -?[\d.]+$/);
    expect(lines[2]).toMatch(/^SB-seed1-/);
    expect(lines[4]).toBe(
      'Measured on 500 of 20,000 training samples (subset seed 1), batch norm with batch statistics of 500 samples.',
    );
  });

  it('gives basin measure the same number as the study, which then is not measured again', async () => {
    const study = readResults(folder).runs.find(({ regime }) => regime === 'SB')!;
    const { stdout, stderr } = await succeed(
      folder,
      ...['measure', runFolder(folder, 'SB'), '--measure', 'keskar', '--samples', '500'],
      ...['--epsilon', '1e-3', '--space', '10', '--iterations', '2', '--json'],
    );
    expect((JSON.parse(stdout) as Measured)[0].result).toEqual(study.measures[0]);
    expect(stderr).toBe('');
  });

  it('is refused where the stored line is not one, and the line is left there', async () => {
    const below = path.join(folder, 'runs/small');
    const file = path.join(
      below,
      readdirSync(below).find((name) => /^line-.*-n500-/.test(name))!,
    );
    const whole = readFileSync(file, 'utf8');
    const { inputs } = JSON.parse(whole) as { inputs: unknown };
    writeFileSync(file, JSON.stringify({ inputs, result: { points: [{ alpha: 0 }] } }));
    const { code, stderr } = await basin(folder, 'run', 'study.yaml');
    expect(stderr).toMatch(
      /line-.*: this is damaged JSON; delete the file to have it made again\.$/m,
    );
    expect(code).toBe(2);
    writeFileSync(file, whole);
  });

  it('computes with as many threads as --threads says', async () => {
    const { stdout } = await succeed(folder, 'run', 'study.yaml', '--threads', '2', '--json');
    const { engine, report: page } = JSON.parse(stdout) as ReturnType<typeof readResults> & {
      report: string;
    };
    expect(engine.threads).toBe(2);
    expect(page).toBe(path.join(report, 'index.html'));
  });
});
