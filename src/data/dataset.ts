import { InputError, suggestion } from '../error.js';
import { subset } from './batches.js';
import { readMnist } from './mnist.js';
import { type ByteImages, normaliseImages } from './normalise.js';

/** Labelled samples in memory. */
export interface Split {
  /** Row-major, samples first: `samples` rows of `product(inputShape)` numbers. */
  inputs: Float32Array;
  labels: Int32Array;
  samples: number;
}

/** How inputs are scaled: see `normaliseImages`. */
export type Normalisation = (typeof normalisations)[number];
export const normalisations = ['standardise', 'unit'] as const;

/** A data set for classification, split as published. */
export interface Dataset {
  name: string;
  /** Shape of one sample: (height, width, channels) for images. */
  inputShape: number[];
  classes: number;
  train: Split;
  test: Split;
  /** Samples of the training set as published, of which `train` may be a part. */
  published: number;
  /** SHA-256 over the source files, hexadecimal. */
  hash: string;
  normalise: Normalisation;
  /** What was subtracted from and divided into x / 255, one number a channel. */
  mean: number[];
  sd: number[];
}

const readers = { mnist: readMnist } satisfies Record<string, () => ByteImages>;

/** Names that `loadDataset` knows. */
export const datasetNames = Object.keys(readers) as [DatasetName, ...DatasetName[]];
export type DatasetName = keyof typeof readers;

export interface DatasetOptions {
  /** Default `standardise`. */
  normalise?: Normalisation;
  /** Trains on a seeded part of the published training set; the rest is left out. Default: all of it. */
  train?: { samples: number; seed: number };
}

/**
 * Loads a data set by name into memory (4 bytes a number: 220 MB for MNIST). Inputs are scaled by the
 * whole training set, also where only a part is used.
 *
 * @throws InputError for an unknown name, for source files that are missing or damaged, and for a part
 *   larger than the training set.
 */
export function loadDataset(
  name: string,
  { normalise = 'standardise', train }: DatasetOptions = {},
): Dataset {
  if (!Object.hasOwn(readers, name)) {
    throw new InputError(
      `unknown data set "${name}"${suggestion(name, datasetNames) || `, expected one of: ${datasetNames.join(', ')}.`}`,
    );
  }
  const dataset = normaliseImages(readers[name as DatasetName](), normalise);
  return train ? { ...dataset, train: subset(dataset.train, train.samples, train.seed) } : dataset;
}
