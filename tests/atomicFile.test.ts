import { existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../src/atomicFile.js';
import { InputError } from '../src/error.js';
import { temporaryFolder } from './temporaryFolder.js';

const root = temporaryFolder();

describe('makeFolder', () => {
  it('makes a folder with its parents, again and from two sides at once', async () => {
    const folder = path.join(root, 'a/b/c');
    await Promise.all([makeFolder(folder), makeFolder(folder), makeFolder(path.join(root, 'a/d'))]);
    await makeFolder(folder);
    await makeFolder('/');
    expect(statSync(folder).isDirectory()).toBe(true);
    expect(existsSync(path.join(root, 'a/d'))).toBe(true);
  });

  it('refuses a place where a file is', async () => {
    const file = path.join(root, 'file');
    writeFileSync(file, '');
    for (const folder of [file, path.join(file, 'below/it')]) {
      await expect(makeFolder(folder)).rejects.toThrow(InputError);
      await expect(makeFolder(folder)).rejects.toThrow(
        `${folder}: cannot be written (a file is where a folder should be)`,
      );
    }
  });

  it.runIf(process.platform === 'linux')(
    'ends where the file system takes no folders and answers that there is none',
    async () => {
      for (const folder of ['/proc/x', '/proc/x/y/z']) {
        await expect(makeFolder(folder)).rejects.toThrow(InputError);
        await expect(makeFolder(folder)).rejects.toThrow(`${folder}: cannot be written (`);
      }
    },
  );
});
