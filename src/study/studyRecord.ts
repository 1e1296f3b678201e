import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../atomicFile.js';
import { InputError } from '../error.js';

/** What a study's folder says of the study that was last run in it: `study.json`. */
export type StudyRecord = z.output<typeof recordSchema>;
const recordSchema = z.object({
  /** Samples that share batch statistics by default: its largest batch size. */
  chunk: z.int().min(1),
  /** Names of its runs; other run folders beside them are of an earlier version of the study. */
  runs: z.array(z.string()),
});

/** @throws InputError where the study's folder cannot be written. */
export async function writeStudyRecord(folder: string, record: StudyRecord): Promise<void> {
  await writeAtomically(recordFile(folder), [`${JSON.stringify(record, null, 2)}\n`]);
}

/**
 * The record of the study in `folder`, undefined where there is none.
 *
 * @throws InputError where it is damaged.
 */
export async function readStudyRecord(folder: string): Promise<StudyRecord | undefined> {
  const file = recordFile(folder);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    throw new InputError(`${file}: this is damaged JSON; run the study again to replace it.`);
  }
}

const recordFile = (folder: string) => path.join(folder, 'study.json');
