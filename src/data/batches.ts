import { InputError } from '../error.js';
import { type RandomState, RandomStream } from '../random.js';
import type { Split } from './dataset.js';

/** Where a `BatchOrder` stands: the stream before the current epoch's shuffle, and the samples used. */
export interface BatchOrderState {
  random: RandomState;
  position: number;
}

/**
 * The order in which training sees samples: each epoch is a new permutation of 0 … samples-1 from the
 * stream `data order`, cut into batches; an epoch's last batch is smaller where the batch size does
 * not divide the number of samples.
 */
export class BatchOrder {
  private readonly stream: RandomStream;
  private readonly order: Uint32Array;
  private epochStart: RandomState;
  private position: number;

  constructor(
    readonly samples: number,
    readonly batch: number,
    seed: number,
  ) {
    this.stream = new RandomStream(seed, 'data order');
    this.order = new Uint32Array(samples);
    this.epochStart = this.stream.state;
    this.position = samples;
  }

  get batchesPerEpoch(): number {
    return Math.ceil(this.samples / this.batch);
  }

  /** Indices of the next batch: a view that is valid until the next call. */
  next(): Uint32Array {
    if (this.position === this.samples) {
      this.epochStart = this.stream.state;
      this.shuffle();
      this.position = 0;
    }
    const end = Math.min(this.position + this.batch, this.samples);
    const indices = this.order.subarray(this.position, end);
    this.position = end;
    return indices;
  }

  /** Setting a state that was read earlier (of equal sizes) repeats the batches that followed it. */
  get state(): BatchOrderState {
    const between = this.position === this.samples;
    return { random: between ? this.stream.state : this.epochStart, position: this.position };
  }

  set state({ random, position }: BatchOrderState) {
    this.stream.state = random;
    this.epochStart = random;
    this.position = position;
    if (position < this.samples) this.shuffle();
  }

  private shuffle(): void {
    for (let i = 0; i < this.samples; i++) this.order[i] = i;
    this.stream.shuffle(this.order);
  }
}

/**
 * Copies rows of `split` into preallocated arrays (row i is sample `indices[i]`), which may be longer
 * than needed.
 */
export function gather(
  split: Split,
  indices: ArrayLike<number>,
  inputs: Float32Array,
  labels: Int32Array,
): void {
  const width = split.inputs.length / split.samples;
  for (let row = 0; row < indices.length; row++) {
    const start = indices[row] * width;
    inputs.set(split.inputs.subarray(start, start + width), row * width);
    labels[row] = split.labels[indices[row]];
  }
}

/**
 * `count` samples without replacement, in random order, from the stream `subset`. A smaller subset of
 * the same seed is the beginning of a larger one.
 *
 * @throws InputError where `count` is not a whole number from 1 to the number of samples.
 */
export function subset(split: Split, count: number, seed: number): Split {
  if (!Number.isInteger(count) || count < 1 || count > split.samples) {
    throw new InputError(
      `expected a subset of 1 to ${split.samples} samples, found ${count}: the data has ${split.samples}.`,
    );
  }
  const stream = new RandomStream(seed, 'subset');
  const indices = Uint32Array.from({ length: split.samples }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + stream.integer(split.samples - i);
    [indices[i], indices[j]] = [indices[j], indices[i]];
  }
  const inputs = new Float32Array((count * split.inputs.length) / split.samples);
  const labels = new Int32Array(count);
  gather(split, indices.subarray(0, count), inputs, labels);
  return { inputs, labels, samples: count };
}

/** @throws InputError for the first label that is not a class 0 … classes-1. */
export function checkLabels(labels: Int32Array, classes: number, where: string): void {
  const bad = labels.findIndex((label) => label < 0 || label >= classes);
  if (bad !== -1) {
    throw new InputError(
      `${where}: expected labels from 0 to ${classes - 1}, found ${labels[bad]} at sample ${bad}.`,
    );
  }
}
