import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inject } from 'vitest';
import type { StudyResults } from '../../src/study/results.js';

/** The built command line; tests/cli/build.ts is a global set-up of vitest and says where it is. */
export const main = inject('main');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** A command that runs: what it has said so far, and how it ends. */
export interface Running {
  child: ChildProcess;
  stderr: () => string;
  ended: Promise<Outcome>;
}

/** Starts `basin` with arguments in a folder, as a user would. */
export function start(cwd: string, ...args: string[]): Running {
  return startProgram(process.execPath, [main, ...args], cwd);
}

export function startProgram(program: string, args: string[], cwd: string): Running {
  const started = performance.now();
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  // A test that fails leaves nothing behind that computes on.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, stdout, stderr, seconds: (performance.now() - started) / 1000 }),
    );
  });
  return { child, stderr: () => stderr, ended };
}

/** Runs `basin` to its end. */
export function basin(cwd: string, ...args: string[]): Promise<Outcome> {
  return start(cwd, ...args).ended;
}

/** As `basin`, where anything but success is a failure of the test. */
export async function succeed(cwd: string, ...args: string[]): Promise<Outcome> {
  const outcome = await basin(cwd, ...args);
  if (outcome.code !== 0) throw new Error(`basin ${args.join(' ')}: ${outcome.stderr}`);
  return outcome;
}

/** Waits until something is true; fails after 30 seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const started = performance.now();
  while (!condition()) {
    if (performance.now() - started > 30_000) throw new Error('waited for 30 seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A study of a small network on MNIST, with parts replaced. */
export function writeStudy(folder: string, parts: Record<string, string> = {}): void {
  const study: Record<string, string> = {
    name: 'small',
    data: 'mnist',
    network: '{ mlp: { hidden: [12] } }',
    regimes: '{ SB: { batch: 512, optimizer: adam, epochs: 1 } }',
    measureOn: '{ samples: 500, seed: 1 }',
    // Test files run at the same time: engines that each take all cores would wait for one another.
    threads: '1',
    ...parts,
  };
  const lines = Object.entries(study).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(path.join(folder, 'study.yaml'), lines.join(''));
}

export function readResults(folder: string, study = 'small'): StudyResults {
  const file = path.join(folder, 'runs', study, 'report', 'results.json');
  return JSON.parse(readFileSync(file, 'utf8')) as StudyResults;
}

/** The folder of a study's first run, or of the first of a regime. */
export function runFolder(folder: string, regime = '', study = 'small'): string {
  const below = path.join(folder, 'runs', study);
  const name = existsSync(below)
    ? readdirSync(below).find(
        (entry) => entry.startsWith(regime) && entry.includes('-seed') && !entry.startsWith('line'),
      )
    : undefined;
  if (name === undefined) throw new Error(`no run folder in ${below}`);
  return path.join(below, name);
}

/** All that lies below a folder, by name. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}
