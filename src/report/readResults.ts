import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../error.js';
import type { StudyResults } from '../study/results.js';
import { studyResults } from '../study/stored.js';
import { parseResults } from './json.js';

/**
 * Reads `results.json` from the folder of a report or of a study.
 *
 * @throws InputError where there is none, or it is not one that basin wrote.
 */
export async function readResults(
  folder: string,
): Promise<{ results: StudyResults; file: string }> {
  for (const file of [
    path.join(folder, 'results.json'),
    path.join(folder, 'report', 'results.json'),
  ]) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    return { results: parse(file, text), file };
  }
  throw new InputError(
    `${folder}: no results.json here or in its report folder; run the study first.`,
  );
}

function parse(file: string, text: string): StudyResults {
  const damaged = new InputError(
    `${file}: this is damaged or not a result of basin; delete it and run the study again.`,
  );
  let results: StudyResults;
  try {
    results = parseResults(text);
  } catch {
    throw damaged;
  }
  if (!studyResults.safeParse(results).success) throw damaged;
  return results;
}
