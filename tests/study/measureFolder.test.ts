import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { measureFolder } from '../../src/study/measureFolder.js';
import { expandMeasure } from '../../src/study/measures.js';
import { silent } from '../../src/study/observer.js';
import type { StudyResults } from '../../src/study/results.js';
import { runStudy } from '../../src/study/runStudy.js';
import { version } from '../../src/study/versions.js';
import { temporaryFolder } from '../temporaryFolder.js';

const parent = temporaryFolder();
const file = path.join(parent, 'study.yaml');
const root = path.join(parent, 'runs');
const folder = path.join(root, 'small');
const study = `name: small
data: { name: mnist, train: { samples: 600, seed: 3 } }
network: { mlp: { hidden: [4] } }
threads: 1
l2: 1e-3
regimes:
  SB: { batch: 50, optimizer: adam, epochs: 1 }
  LB: { batch: 300, optimizer: adam, epochs: 1 }
measures: [{ keskar: { epsilon: 1e-3, space: 3, iterations: 1 } }]
line: { from: SB, to: LB, points: 2 }
`;
const keskar = expandMeasure('keskar', { epsilon: 1e-3, space: 2, iterations: 1 });

const measure = async (where: string) => {
  const options = { samples: 'all', subsetSeed: 1, observer: silent } as const;
  const found = await measureFolder(where, keskar, options);
  return found.map(({ run, result }) => ({ run, chunk: result.provenance.chunk }));
};

/** What a study says while it runs. */
const notes = async () => {
  const said: string[] = [];
  await runStudy(file, { ...silent, note: (text) => said.push(text) }, { root });
  return said;
};

describe('a study of a part of the training set', () => {
  let results: StudyResults;
  let sb: string;
  let lb: string;

  beforeAll(async () => {
    writeFileSync(file, study);
    ({ results } = await runStudy(file, silent, { root }));
    [sb, lb] = results.runs.map(({ id }) => id);
    // As an earlier version of the study leaves them: one trained to its end, one hardly begun.
    cpSync(path.join(folder, sb), path.join(folder, 'SB-seed1-00000000'), { recursive: true });
    cpSync(path.join(folder, sb), path.join(folder, 'SB-seed1-11111111'), { recursive: true });
    const begun = path.join(folder, 'SB-seed1-11111111');
    const config = readFileSync(path.join(begun, 'config.yaml'), 'utf8');
    writeFileSync(path.join(begun, 'config.yaml'), config.replace('batch: 50', 'batch: 500'));
    rmSync(path.join(begun, 'checkpoints'), { recursive: true });
  });

  it('says which part that is, and what its losses include', () => {
    expect(results.data).toMatchObject({ trainSamples: 600, of: 60_000, subsetSeed: 3 });
    expect(results.network.batchNorm).toBe(true);
    expect(results.l2).toBe(1e-3);
  });

  it('is measured further at its own runs, with its own largest batch', async () => {
    expect(await measure(folder)).toEqual([
      { run: lb, chunk: 300 },
      { run: sb, chunk: 300 },
    ]);
    expect(await measure(path.join(folder, sb))).toEqual([{ run: sb, chunk: 300 }]);
  });

  it('lends no chunk to a run that it does not list, which takes its own batch', async () => {
    const stale = 'SB-seed1-00000000';
    expect(await measure(path.join(folder, stale))).toEqual([{ run: stale, chunk: 50 }]);
  });

  it('is measured again where another version had measured', async () => {
    expect(await notes()).toContain('measures: 2 of 2 were there before');
    const measures = path.join(folder, sb, 'measures');
    const older = (where: string) => {
      const text = readFileSync(where, 'utf8');
      expect(text).toContain(`"version": "${version}"`);
      writeFileSync(where, text.replace(`"version": "${version}"`, '"version": "0.0.0"'));
    };
    older(
      path.join(
        measures,
        readdirSync(measures).find((name) => name.includes('3d'))!,
      ),
    );
    older(
      path.join(
        folder,
        readdirSync(folder).find((name) => name.startsWith('line-'))!,
      ),
    );
    const said = await notes();
    expect(said).toContain('measures: 1 of 2 were there before');
    expect(said.filter((text) => text.startsWith('line'))).toEqual([]);
  });

  it('is refused before all its runs are there, and without its study.json', async () => {
    const copy = path.join(root, 'copy');
    cpSync(folder, copy, { recursive: true });
    rmSync(path.join(copy, lb), { recursive: true });
    await expect(measure(copy)).rejects.toThrow(
      `${path.join(copy, lb)}: expected a run that is trained to its end; run its study first.`,
    );
    rmSync(path.join(copy, 'study.json'));
    await expect(measure(copy)).rejects.toThrow(
      /expected a run folder .* or the folder of a study/,
    );
  });
});
