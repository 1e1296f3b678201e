import { appendFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { parseStudy } from '../../src/study/load.js';
import { type ResolvedRun, resolveStudy } from '../../src/study/resolve.js';
import type { MeasureResult } from '../../src/study/results.js';
import type { EpochRecord } from '../../src/training/train.js';
import { type MeasureInputs, type RunMeta, RunFolder } from '../../src/study/runFolder.js';
import { writeSafetensors } from '../../src/training/safetensors.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { studyText } from './studyText.js';

const root = temporaryFolder();
const [run] = resolveStudy(parseStudy(studyText(), 's.yaml'), { samples: 100_000, hash: 'h' }).runs;

let folders = 0;
/** An opened folder below a root of its own. */
const fresh = () => RunFolder.open(path.join(root, String(folders++)), 'quickstart', run);

const epoch = (n: number): EpochRecord => ({
  epoch: n,
  step: 10 * n,
  trainLoss: 1 / n,
  trainAccuracy: 0.5,
  testLoss: 2,
  testAccuracy: 0.5,
  learningRate: 0.1,
  seconds: 1,
});

const checkpoint = (folder: RunFolder, step: number, final: boolean) =>
  writeSafetensors(
    folder.checkpointFile(step),
    new Map([['w', { shape: [2], data: Float32Array.of(step, 1) }]]),
    { final: String(final) },
  );

const inputs: MeasureInputs = {
  version: '0.1.0',
  measure: 'keskar',
  options: { epsilon: 1e-3, space: 'full' },
  weightsHash: 'w1',
  measureOn: { samples: 100, seed: 1 },
};
const result: MeasureResult = {
  measure: 'keskar',
  label: 'keskar full eps=1e-3',
  options: inputs.options,
  value: 1.25,
  converged: true,
  note: '',
  details: {},
  provenance: {
    weightsHash: 'w1',
    dataHash: 'h',
    samples: 100,
    of: 100_000,
    split: 'train',
    subsetSeed: 1,
    batchNorm: 'running',
    chunk: null,
    l2: 0,
    engine: 'onnx',
    seed: 1,
    seconds: 3,
  },
};

describe('RunFolder', () => {
  it('is made with its configuration, and opened again', async () => {
    const folder = await fresh();
    expect(folder.path).toMatch(/quickstart\/SB-seed1-[0-9a-f]{8}$/);
    expect(readdirSync(folder.path).sort()).toEqual(['checkpoints', 'config.yaml', 'measures']);
    const config = readFileSync(path.join(folder.path, 'config.yaml'), 'utf8');
    expect(config).toContain('regime: SB\n');
    expect(config).toContain('batch: 256\n');
    const again = await RunFolder.open(path.dirname(path.dirname(folder.path)), 'quickstart', run);
    expect(again.path).toBe(folder.path);
    expect(readFileSync(path.join(folder.path, 'config.yaml'), 'utf8')).toBe(config);
  });

  it('refuses a folder with the configuration of another run, or a damaged one', async () => {
    const folder = await fresh();
    const parent = path.dirname(path.dirname(folder.path));
    const other: ResolvedRun = { ...run, training: { ...run.training, epochs: 99 } };
    await expect(RunFolder.open(parent, 'quickstart', other)).rejects.toThrow(
      /config\.yaml: expected the configuration that this folder is named after, found another/,
    );
    writeFileSync(path.join(folder.path, 'config.yaml'), 'a: [');
    await expect(RunFolder.open(parent, 'quickstart', run)).rejects.toThrow(
      /config\.yaml: this is damaged YAML; delete/,
    );
  });

  it('refuses a place that cannot be written', async () => {
    const file = path.join(root, 'a-file');
    writeFileSync(file, '');
    await expect(RunFolder.open(file, 'quickstart', run)).rejects.toThrow(InputError);
    await expect(RunFolder.open(file, 'quickstart', run)).rejects.toThrow(
      /cannot be written \(a file is where a folder should be\)/,
    );
    const folder = await fresh();
    mkdirSync(path.join(folder.path, 'meta.json'));
    mkdirSync(path.join(folder.path, 'metrics.jsonl'));
    await expect(folder.writeMeta({} as RunMeta)).rejects.toThrow(/meta\.json: cannot be written/);
    await expect(folder.appendMetrics(epoch(1))).rejects.toThrow(
      /metrics\.jsonl: cannot be written/,
    );
    await expect(folder.readMeta()).rejects.toThrow(/meta\.json: cannot be read \(EISDIR\)/);
  });

  it('keeps meta.json whole, and refuses a damaged one', async () => {
    const folder = await fresh();
    expect(await folder.readMeta()).toBeUndefined();
    const meta: RunMeta = {
      versions: { basin: '0.1.0', node: '20.20.2' },
      host: 'here',
      seed: 1,
      argv: ['run', 's.yaml'],
      status: 'running',
    };
    await folder.writeMeta(meta);
    await folder.writeMeta({ ...meta, status: 'done' });
    expect(await folder.readMeta()).toEqual({ ...meta, status: 'done' });
    const file = path.join(folder.path, 'meta.json');
    for (const damaged of ['', '{"versions":', '[]', '{"status":"done"}']) {
      writeFileSync(file, damaged);
      await expect(folder.readMeta(), damaged).rejects.toThrow(InputError);
      await expect(folder.readMeta(), damaged).rejects.toThrow(/meta\.json: .*delete the file/);
      expect(readFileSync(file, 'utf8')).toBe(damaged);
    }
  });

  it('appends epochs, and goes on after a line that a kill left unfinished', async () => {
    const folder = await fresh();
    const file = path.join(folder.path, 'metrics.jsonl');
    expect(await folder.resumeMetrics()).toEqual([]);
    await folder.appendMetrics(epoch(1));
    await folder.appendMetrics(epoch(2));
    appendFileSync(file, '{"epoch":3,"step":30,"trainLo');
    expect(await folder.resumeMetrics()).toEqual([epoch(1), epoch(2)]);
    await folder.appendMetrics(epoch(3));
    expect(await folder.resumeMetrics()).toEqual([epoch(1), epoch(2), epoch(3)]);
    expect(readFileSync(file, 'utf8').split('\n').length).toBe(4);
  });

  it('drops epochs after the checkpoint that a run goes on from', async () => {
    const folder = await fresh();
    for (const n of [1, 2, 3, 4]) await folder.appendMetrics(epoch(n));
    expect(await folder.resumeMetrics(2)).toEqual([epoch(1), epoch(2)]);
    expect(await folder.resumeMetrics()).toEqual([epoch(1), epoch(2)]);
    expect(await folder.resumeMetrics(0)).toEqual([]);
    expect(readFileSync(path.join(folder.path, 'metrics.jsonl'), 'utf8')).toBe('');
  });

  it('refuses a damaged line in the middle of the metrics, and leaves it there', async () => {
    const folder = await fresh();
    const file = path.join(folder.path, 'metrics.jsonl');
    const text = `${JSON.stringify(epoch(1))}\n{"epoch":\n${JSON.stringify(epoch(3))}\n`;
    writeFileSync(file, text);
    await expect(folder.resumeMetrics()).rejects.toThrow(InputError);
    await expect(folder.resumeMetrics()).rejects.toThrow(/metrics\.jsonl:2: .*delete the folder/);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('keeps an epoch whose loss is not a number as such, and refuses a line without it', async () => {
    const folder = await fresh();
    const file = path.join(folder.path, 'metrics.jsonl');
    await folder.appendMetrics({ ...epoch(1), testLoss: NaN });
    expect(await folder.resumeMetrics()).toEqual([{ ...epoch(1), testLoss: NaN }]);
    appendFileSync(file, '{"epoch":2,"step":20}\n');
    await expect(folder.resumeMetrics()).rejects.toThrow(InputError);
    await expect(folder.resumeMetrics()).rejects.toThrow(/metrics\.jsonl:2: .*delete the folder/);
  });

  it('tells its run from the configuration, and refuses one that lacks something', async () => {
    const folder = await fresh();
    const file = path.join(folder.path, 'config.yaml');
    const { run: found } = await RunFolder.read(folder.path);
    expect(found).toEqual(run);
    const config = readFileSync(file, 'utf8');
    for (const damaged of [
      config.replace(/^data:\n( .*\n)+/m, ''),
      config.replace('name: f1', 'name: f9'),
      config.replace('name: adam', 'name: adma'),
      config.replace(/^l2: .*\n/m, ''),
    ]) {
      expect(damaged).not.toBe(config);
      writeFileSync(file, damaged);
      await expect(RunFolder.read(folder.path)).rejects.toThrow(InputError);
      await expect(RunFolder.read(folder.path)).rejects.toThrow(
        /config\.yaml: this is not the configuration of a run; delete the folder /,
      );
    }
  });

  it('finds the latest checkpoint, and whether training ended with it', async () => {
    const folder = await fresh();
    expect(await folder.latestCheckpoint()).toBeUndefined();
    await checkpoint(folder, 9, false);
    await checkpoint(folder, 100, false);
    writeFileSync(`${folder.checkpointFile(200)}.tmp`, 'half a file');
    expect(await folder.latestCheckpoint()).toEqual({
      file: folder.checkpointFile(100),
      step: 100,
      final: false,
    });
    await checkpoint(folder, 150, true);
    expect(await folder.latestCheckpoint()).toMatchObject({ step: 150, final: true });
  });

  it('refuses a damaged latest checkpoint, and leaves it there', async () => {
    const folder = await fresh();
    await checkpoint(folder, 1, false);
    writeFileSync(folder.checkpointFile(2), 'damaged');
    await expect(folder.latestCheckpoint()).rejects.toThrow(InputError);
    await expect(folder.latestCheckpoint()).rejects.toThrow(
      /step-2\.safetensors: .* Delete it; training then starts again from the initial weights\./,
    );
    expect(readFileSync(folder.checkpointFile(2), 'utf8')).toBe('damaged');
  });

  it('finds a measure again only if it was computed from the same inputs', async () => {
    const folder = await fresh();
    const slug = 'keskar-full-eps-1e-3';
    expect(await folder.readMeasure(slug, inputs)).toBeUndefined();
    await folder.writeMeasure(slug, inputs, result);
    const reordered = { ...inputs, options: { space: 'full', epsilon: 1e-3 } };
    expect(await folder.readMeasure(slug, reordered)).toEqual(result);
    for (const change of [
      { weightsHash: 'w2' },
      { options: { epsilon: 5e-4, space: 'full' } },
      { measureOn: { samples: 200, seed: 1 } },
      { measureOn: { samples: 100, seed: null } },
      { measure: 'hessian-top' as const },
    ]) {
      expect(await folder.readMeasure(slug, { ...inputs, ...change })).toBeUndefined();
    }
  });

  it('keeps a value that is not a number as such', async () => {
    const folder = await fresh();
    await folder.writeMeasure('m', inputs, { ...result, value: NaN });
    expect((await folder.readMeasure('m', inputs))?.value).toBeNaN();
  });

  it('refuses a damaged measure, and leaves it there', async () => {
    const folder = await fresh();
    const file = path.join(folder.path, 'measures', 'm.json');
    for (const damaged of [
      '',
      '{"inputs":{}}',
      '{"inputs":{},"result":{"value":"1"}}',
      '{"inputs":{},"result":{"measure":"keskar","value":1}}',
      'null',
    ]) {
      writeFileSync(file, damaged);
      await expect(folder.readMeasure('m', inputs)).rejects.toThrow(/m\.json: .*delete the file/);
      expect(readFileSync(file, 'utf8')).toBe(damaged);
    }
  });

  it('logs lines with their time', async () => {
    const folder = await fresh();
    await folder.log('started');
    await folder.log('stopped');
    const log = readFileSync(path.join(folder.path, 'log.txt'), 'utf8');
    expect(log).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z started\n.*Z stopped\n$/);
  });
});
