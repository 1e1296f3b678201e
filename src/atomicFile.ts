import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from './error.js';

/**
 * Writes a file so that whoever reads it, even after a crash, finds the old content or the new one,
 * never a part: the parts go to a temporary name beside it, are flushed to the disk (fsync), and the
 * name is moved over.
 *
 * @throws InputError where the folder is missing, not writable or full.
 */
export async function writeAtomically(
  file: string,
  parts: readonly (string | Uint8Array)[],
): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`; // two processes may write the same file
  try {
    const handle = await open(temporary, 'w');
    try {
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(file, error);
  }
}

/**
 * Makes a folder and its missing parents; one that exists already is left as it is.
 *
 * @throws InputError where the system refuses.
 */
export async function makeFolder(folder: string): Promise<void> {
  await makeWithParents(folder).catch((error: unknown) => {
    throw unwritable(folder, error);
  });
}

/** Not mkdir's own recursion: it never ends where a file system answers ENOENT below a folder that exists, as /proc does. */
async function makeWithParents(folder: string, parentsMissing = true): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const parent = path.dirname(folder);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && parentsMissing && parent !== folder) {
      await makeWithParents(parent);
      return makeWithParents(folder, false);
    }
    const found = await stat(folder).catch(() => undefined);
    if (!found?.isDirectory()) throw error;
  }
}

/** The InputError for a file or folder that the system refused to write; other errors as they are. */
export function unwritable(file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  const reason = reasons[code] ?? code;
  return new InputError(
    `${file}: cannot be written (${reason}); choose a folder that you may write to and that has space.`,
  );
}

const reasons: Partial<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'read-only file system',
  ENOENT: 'its folder does not exist or takes nothing new',
  ENOTDIR: 'a file is where a folder should be',
  EEXIST: 'a file is where a folder should be',
  EISDIR: 'a folder is where the file should be',
  ENOSPC: 'no space left',
};
