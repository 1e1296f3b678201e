import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { formatResults } from '../../src/report/json.js';
import { readResults } from '../../src/report/readResults.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { fixture } from './fixture.js';

const folder = temporaryFolder();
const file = path.join(folder, 'results.json');

it('reads what was written, diverged runs included', async () => {
  writeFileSync(file, formatResults(fixture()));
  expect(await readResults(folder)).toEqual({ results: fixture(), file });
});

it('refuses results that lack something, wherever it is', async () => {
  const { runs, lines, ...rest } = fixture();
  const damaged: unknown[] = [
    null,
    { runs, ...rest },
    { ...rest, lines, runs: [{ ...runs[0], history: undefined }] },
    { ...rest, lines, runs: [{ ...runs[0], measures: [{ measure: 'keskar', value: 1 }] }] },
    { ...rest, runs, lines: [{ ...lines[0], points: [{ alpha: 0 }] }] },
  ];
  for (const results of damaged) {
    writeFileSync(file, JSON.stringify(results));
    await expect(readResults(folder)).rejects.toThrow(InputError);
    await expect(readResults(folder)).rejects.toThrow('this is damaged or not a result of basin');
  }
});
