import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { makeFolder, unwritable } from '../atomicFile.js';
import { InputError } from '../error.js';

/**
 * Keeps a second process from running the same study at the same time: a file `lock` in the study's
 * folder, which is made if it is missing, names the process that holds it. What a process that was
 * killed on this host has left behind does not count.
 *
 * @returns what gives the lock back.
 * @throws InputError where another process holds it, or the folder cannot be written.
 */
export async function lockStudy(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'lock');
  const own = `${process.pid} ${hostname()}`;
  await makeFolder(folder);
  for (;;) {
    try {
      await writeFile(file, own, { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw unwritable(file, error);
    }
    const holder = await readFile(file, 'utf8').catch(() => own);
    if (!isGone(holder)) {
      throw new InputError(
        `${folder}: this study is being run by another process (${holder.replace(' ', ' on ')}); wait for it to end, or delete ${file} if there is none.`,
      );
    }
    await rm(file, { force: true });
  }
}

/** Whether the holder ran on this host and does so no more. Its number may have become this process's. */
function isGone(holder: string): boolean {
  const [pid, host] = holder.split(' ');
  if (host !== hostname()) return false;
  if (Number(pid) === process.pid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
