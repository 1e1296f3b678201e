import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readStudyRecord, writeStudyRecord } from '../../src/study/studyRecord.js';
import { temporaryFolder } from '../temporaryFolder.js';

const folder = temporaryFolder();

describe('study.json', () => {
  it('is missing before a study has run, then holds what was written last', async () => {
    expect(await readStudyRecord(folder)).toBeUndefined();
    await writeStudyRecord(folder, { chunk: 6000, runs: ['a', 'b'] });
    await writeStudyRecord(folder, { chunk: 256, runs: ['a'] });
    expect(await readStudyRecord(folder)).toEqual({ chunk: 256, runs: ['a'] });
    expect(readdirSync(folder)).toEqual(['study.json']);
  });

  it('is refused where it is damaged', async () => {
    for (const damaged of ['', '{', '{"runs":[]}', '{"chunk":0,"runs":[]}']) {
      writeFileSync(path.join(folder, 'study.json'), damaged);
      await expect(readStudyRecord(folder), damaged).rejects.toThrow(
        /study\.json: this is damaged JSON; run the study again to replace it\.$/,
      );
    }
  });
});
