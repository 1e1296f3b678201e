import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { parseResults } from '../../src/report/json.js';
import { writeReport } from '../../src/report/write.js';
import { fixture } from './fixture.js';

describe('writeReport', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'basin-report-'));
  });

  it('writes the page, the numbers and four files a figure, and returns their paths', async () => {
    const paths = await writeReport(fixture(), join(folder, 'new', 'report'));
    expect(paths).toHaveLength(3 + 5 * 4);
    expect(paths[0]).toBe(join(folder, 'new', 'report', 'index.html'));
    const there = await readdir(join(folder, 'new', 'report'), { recursive: true });
    expect(there.filter((name) => name !== 'figures')).toHaveLength(paths.length);
    expect(there.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    const json = await readFile(join(folder, 'new', 'report', 'results.json'), 'utf8');
    expect(parseResults(json)).toEqual(fixture());
    const csv = await readFile(join(folder, 'new', 'report', 'results.csv'), 'utf8');
    expect(csv.split('\r\n')).toHaveLength(1 + 44 + 1);
  });

  it('gives the same bytes for the same results', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const paths = await writeReport(fixture(), join(folder, name));
        return Promise.all(paths.map((path) => readFile(path, 'base64')));
      }),
    );
    expect(one).toEqual(two);
  });

  it('takes results without any figure', async () => {
    const paths = await writeReport({ ...fixture(), runs: [], lines: [] }, join(folder, 'empty'));
    expect(paths).toHaveLength(3);
    expect(await readFile(paths[0], 'utf8')).not.toContain('<figure');
  });

  it('refuses a folder that cannot be written with one sentence that names it', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const report = writeReport(fixture(), join(file, 'report'));
    await expect(report).rejects.toThrow(InputError);
    await expect(report).rejects.toThrow(/file\/report.*cannot be written/);
  });
});
