import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMnist } from '../../src/data/mnist.js';
import { temporaryFolder } from '../temporaryFolder.js';

const root = temporaryFolder();

/** Four idx files of a tiny MNIST. */
function folder(name: string, { side = 28, labels = 2 } = {}): string {
  const where = path.join(root, name);
  mkdirSync(where);
  for (const prefix of ['train', 't10k']) {
    const images = Buffer.alloc(16 + 2 * side * side);
    [0x803, 2, side, side].forEach((word, i) => images.writeUInt32BE(word, 4 * i));
    const classes = Buffer.alloc(8 + labels);
    [0x801, labels].forEach((word, i) => classes.writeUInt32BE(word, 4 * i));
    writeFileSync(path.join(where, `${prefix}-images-idx3-ubyte`), images);
    writeFileSync(path.join(where, `${prefix}-labels-idx1-ubyte`), classes);
  }
  return where;
}

describe('readMnist', () => {
  it('reads a folder with files of the same names', () => {
    const images = readMnist(folder('good'));
    expect(images.inputShape).toEqual([28, 28, 1]);
    expect(images.train.labels.length).toBe(2);
    expect(images.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('gives another hash for other bytes', () => {
    const changed = folder('changed');
    const before = readMnist(changed).hash;
    writeFileSync(
      path.join(changed, 't10k-labels-idx1-ubyte'),
      Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 1, 1]),
    );
    expect(readMnist(changed).hash).not.toBe(before);
  });

  it('refuses images of another size, and labels of another number', () => {
    expect(() => readMnist(folder('small', { side: 14 }))).toThrow(
      /train-images-idx3-ubyte: expected images of 28 x 28, found 14 x 14/,
    );
    expect(() => readMnist(folder('few', { labels: 1 }))).toThrow(
      /train-labels-idx1-ubyte: expected 2 labels, one an image, found 1/,
    );
  });

  it('names the first missing file', () => {
    expect(() => readMnist(path.join(root, 'nowhere'))).toThrow(
      /train-images-idx3-ubyte: .*does not exist/,
    );
  });
});
