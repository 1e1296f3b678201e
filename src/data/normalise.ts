import type { Dataset, Normalisation, Split } from './dataset.js';
import { checkLabels } from './batches.js';

/** Images as bytes, channels last: what a reader of a data set returns. */
export interface ByteImages {
  name: string;
  /** Height, width, channels. */
  inputShape: [number, number, number];
  classes: number;
  train: ByteSplit;
  test: ByteSplit;
  /** SHA-256 over the source files, hexadecimal. */
  hash: string;
}

export interface ByteSplit {
  pixels: Uint8Array;
  labels: Uint8Array;
}

/**
 * Scales bytes x to float32 inputs.
 *
 * - `unit`: x / 255.
 * - `standardise`: (x / 255 - mean) / sd, with the mean and the population standard deviation of
 *   x / 255 over the training split, one pair a channel, in float64; the test split is scaled with
 *   the same numbers. A constant channel is only centred.
 *
 * @throws InputError where a label is not below the number of classes.
 */
export function normaliseImages(images: ByteImages, normalise: Normalisation): Dataset {
  const channels = images.inputShape[2];
  const scales = Array.from({ length: channels }, (_, channel) =>
    normalise === 'unit' ? { mean: 0, sd: 1 } : moments(images.train.pixels, channel, channels),
  );
  const tables = scales.map(({ mean, sd }) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / sd),
  );
  const split = (name: string, { pixels, labels }: ByteSplit): Split => {
    const inputs = new Float32Array(pixels.length);
    for (let channel = 0; channel < channels; channel++) {
      const table = tables[channel];
      for (let i = channel; i < pixels.length; i += channels) inputs[i] = table[pixels[i]];
    }
    const checked = Int32Array.from(labels);
    checkLabels(checked, images.classes, `${images.name} ${name} labels`);
    return { inputs, labels: checked, samples: checked.length };
  };
  return {
    name: images.name,
    inputShape: images.inputShape,
    classes: images.classes,
    train: split('train', images.train),
    published: images.train.labels.length,
    test: split('test', images.test),
    hash: images.hash,
    normalise,
    mean: scales.map(({ mean }) => mean),
    sd: scales.map(({ sd }) => sd),
  };
}

/** Moments of x / 255 from the histogram of the bytes, so that the sums are exact integers. */
function moments(pixels: Uint8Array, channel: number, channels: number) {
  const histogram = new Float64Array(256);
  for (let i = channel; i < pixels.length; i += channels) histogram[pixels[i]]++;
  const count = pixels.length / channels;
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) sum += byte * histogram[byte];
  const mean = sum / count;
  let squares = 0;
  for (let byte = 0; byte < 256; byte++) squares += (byte - mean) ** 2 * histogram[byte];
  const sd = Math.sqrt(squares / count) / 255;
  return { mean: mean / 255, sd: sd === 0 ? 1 : sd };
}
