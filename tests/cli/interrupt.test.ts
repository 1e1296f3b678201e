import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StudyResults } from '../../src/study/results.js';
import { temporaryFolder } from '../temporaryFolder.js';
import {
  basin,
  listing,
  readResults,
  runFolder,
  start,
  succeed,
  until,
  writeStudy,
} from './command.js';

/** The command line is not part of a result, and time is not repeatable. */
function repeatable({ command: _, ...results }: StudyResults): string {
  return JSON.stringify(results).replace(/"seconds":[^,}]*/g, '');
}

describe('a study that is stopped while it trains', () => {
  const regimes = '{ SB: { batch: 128, optimizer: adam, epochs: 2 } }';
  const network = '{ mlp: { hidden: [12], dropout: 0.1 } }';
  let uninterrupted: string;

  beforeAll(async () => {
    const folder = temporaryFolder();
    writeStudy(folder, { regimes, network });
    await succeed(folder, 'run', 'study.yaml');
    uninterrupted = repeatable(readResults(folder));
  }, 60_000);

  it.each([
    { signal: 'SIGTERM', code: 143 },
    { signal: 'SIGKILL', code: null },
  ] as const)(
    'goes on after $signal from the last epoch, to the same numbers',
    async ({ signal, code }) => {
      const folder = temporaryFolder();
      writeStudy(folder, { regimes, network });
      const checkpoints = () => {
        const runs = path.join(folder, 'runs/small');
        const own = existsSync(runs) && readdirSync(runs).find((name) => name.startsWith('SB'));
        const below = path.join(runs, own || 'none', 'checkpoints');
        return existsSync(below) ? readdirSync(below) : [];
      };
      const running = start(folder, 'run', 'study.yaml');
      await until(() => checkpoints().includes('step-469.safetensors'));
      running.child.kill(signal);
      const stopped = await running.ended;
      expect(stopped.code).toBe(code);
      expect(stopped.stdout).toBe('');
      const message = `basin: stopped by ${signal}; the same command goes on from the last finished epoch and measure\n`;
      if (code !== null) expect(stopped.stderr.endsWith(message)).toBe(true);
      expect(checkpoints()).not.toContain('step-938.safetensors');

      const { stderr } = await succeed(folder, 'run', 'study.yaml');
      expect(stderr).toMatch(/^train SB seed 1: goes on after epoch 1 of 2$/m);
      expect(repeatable(readResults(folder))).toBe(uninterrupted);
      expect(checkpoints().sort()).toEqual(['step-0.safetensors', 'step-938.safetensors']);
      expect(listing(folder).filter((name) => /lock|\.tmp/.test(name))).toEqual([]);
    },
  );
});

describe('a study that measures for long', () => {
  it('lets no other process run it, ends soon after SIGTERM, and leaves nothing half-done', async () => {
    const folder = temporaryFolder();
    writeStudy(folder, {
      measureOn: 'all',
      measures: '[{ hessian-top: { tolerance: 1e-15, maxProducts: 1000000 } }]',
    });
    const running = start(folder, 'run', 'study.yaml');
    await until(() => running.stderr().includes('train SB seed 1: done'));

    const second = await basin(folder, 'run', 'study.yaml');
    expect(second.code).toBe(2);
    expect(second.stderr).toBe(
      `basin: runs/small: this study is being run by another process (${readFileSync(path.join(folder, 'runs/small/lock'), 'utf8').replace(' ', ' on ')}); wait for it to end, or delete runs/small/lock if there is none.\n`,
    );

    const asked = performance.now();
    running.child.kill('SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    // A million products would take hours.
    expect(performance.now() - asked).toBeLessThan(15_000);
    expect(code).toBe(143);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/basin: stopped by SIGTERM; [^\n]*\n$/);
    expect(readdirSync(path.join(runFolder(folder), 'measures'))).toEqual([]);
    expect(listing(folder).filter((name) => /lock|\.tmp|report/.test(name))).toEqual([]);
  });
});
