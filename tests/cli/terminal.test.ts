import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporaryFolder.js';
import { main, startProgram, until, writeStudy } from './command.js';

const script = '/usr/bin/script';
const command = (args: string) => `"${process.execPath}" "${main}" ${args}`;

/** What remains on the screen: of each line what follows the last time it was cleared. */
function screen(output: string): string[] {
  return output
    .replaceAll('\r\n', '\n')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\u001b[2K').at(-1)!);
}

/** Every bar gives back the cursor and the wrapping of lines that it took. */
function expectRestored(output: string): void {
  const last = (on: string, off: string) => [output.lastIndexOf(on), output.lastIndexOf(off)];
  for (const [shown, hidden] of [
    last('\u001b[?25h', '\u001b[?25l'),
    last('\u001b[?7h', '\u001b[?7l'),
  ]) {
    expect(hidden).toBeGreaterThan(-1);
    expect(shown).toBeGreaterThan(hidden);
  }
}

describe.skipIf(!existsSync(script))('on a terminal (needs util-linux’ script)', () => {
  const folder = temporaryFolder();
  let output: string;

  beforeAll(async () => {
    writeStudy(folder, {
      regimes: '{ SB: { batch: 128, optimizer: adam, epochs: 1 } }',
      measures: '[{ hessian-top: { tolerance: 0.1 } }]',
      report: '[gap]',
    });
    output = (
      await startProgram(script, ['-qec', command('run study.yaml'), '/dev/null'], folder).ended
    ).stdout;
  }, 60_000);

  it('shows bars with the share done, the time left and the loss', () => {
    expect(output).toMatch(
      /train SB seed 1 #+\.+ \d+ % \| [\d.]+ s left \| epoch 1\/1, loss \d\.\d+/,
    );
    expect(output).toMatch(
      /top Hessian eigenvalue of SB seed 1 \(hessian-top\) #*\.+ \d+ % \| (at most [\d.]+ s left|starting) \| /,
    );
  });

  it('leaves a line a task and the table, without remains of bars', () => {
    const lines = screen(output);
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines.slice(0, 3)).toEqual([
      expect.stringMatching(/^train SB seed 1: done, test accuracy [\d.]+ % \([\d.]+ s\)$/),
      expect.stringMatching(/^top Hessian eigenvalue of SB seed 1 \(hessian-top\): [\d.]+ \(/),
      '',
    ]);
    const table = lines.slice(3, -2);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(table.at(-1)).toMatch(/^hessian-top residual +[\d.]+$/);
    expect(lines.at(-1)).toMatch(/^Report: .*index\.html$/);
    expectRestored(output);
  });

  it('takes its bar away when it is stopped', async () => {
    const endless = '[{ hessian-top: { tolerance: 1e-15, maxProducts: 1000000 } }]';
    writeStudy(folder, { measures: endless });
    const words = `exec ${command('run study.yaml')}`;
    const running = startProgram(script, ['-qec', words, '/dev/null'], folder);
    let seen = '';
    running.child.stdout!.on('data', (text: string) => (seen += text));
    await until(() => /after \d+ products/.test(seen));
    const [pid] = readFileSync(path.join(folder, 'runs/small/lock'), 'utf8').split(' ');
    process.kill(Number(pid), 'SIGINT');
    const { stdout, code } = await running.ended;
    expect(code).toBe(130);
    expectRestored(stdout);
    expect(screen(stdout).at(-1)).toBe(
      'basin: stopped by SIGINT; the same command goes on from the last finished epoch and measure',
    );
  });
});
