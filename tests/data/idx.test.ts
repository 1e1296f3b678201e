import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readIdx } from '../../src/data/idx.js';
import { InputError } from '../../src/error.js';
import { temporaryFolder } from '../temporaryFolder.js';

const folder = temporaryFolder();

function write(name: string, bytes: number[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, Buffer.from(bytes));
  return file;
}

const header = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3];

describe('readIdx', () => {
  it('reads dimensions and values', () => {
    const idx = readIdx(write('good', [...header, 1, 2, 3, 4, 5, 255]), 2);
    expect(idx.dimensions).toEqual([2, 3]);
    expect([...idx.values]).toEqual([1, 2, 3, 4, 5, 255]);
    expect(idx.bytes.length).toBe(18);
  });

  it.each<[string, number[], string]>([
    ['a truncated header', header.slice(0, 7), 'header of 12 bytes, found 7 bytes'],
    ['an empty file', [], 'header of 12 bytes, found 0 bytes'],
    [
      'another rank',
      [0, 0, 8, 1, ...header.slice(4)],
      '0x00000802 (unsigned bytes, 2 dimensions), found 0x00000801',
    ],
    ['a gzipped file', [0x1f, 0x8b, 8, 0, ...header.slice(4)], 'found 0x1f8b0800'],
    ['missing values', [...header, 1, 2], 'expected 18 bytes for dimensions 2 x 3, found 14'],
    [
      'trailing bytes',
      [...header, 1, 2, 3, 4, 5, 6, 7],
      'expected 18 bytes for dimensions 2 x 3, found 19',
    ],
  ])('refuses %s, naming the file', (_, bytes, message) => {
    const file = write('bad', bytes);
    expect(() => readIdx(file, 2)).toThrow(InputError);
    expect(() => readIdx(file, 2)).toThrow(message);
    expect(() => readIdx(file, 2)).toThrow(file);
  });

  it('refuses a missing file and a folder', () => {
    expect(() => readIdx(path.join(folder, 'none'), 2)).toThrow(/none: .*does not exist/);
    expect(() => readIdx(folder, 2)).toThrow(/cannot be read \(EISDIR\)/);
  });
});
