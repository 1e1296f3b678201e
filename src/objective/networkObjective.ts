import { InputError } from '../error.js';
import type { Feeds } from '../engine/engine.js';
import { views } from '../network/model.js';
import type { Mode } from '../network/network.js';
import { tangentOf } from '../program/jvp.js';
import { elementCount } from '../program/program.js';
import { type MicroBatch, microBatches, microBatchSize } from './microBatches.js';
import type { Evaluation, Objective, Vector } from './objective.js';
import { gradientOf, hessianVectorOf, type Programs } from './programs.js';
import { axpy, dot } from './vector.js';

/** Samples that an objective runs over: rows of inputs and their targets. */
export interface Samples {
  inputs: Float32Array;
  /** Class labels, or rows of target outputs. */
  labels: Int32Array | Float32Array;
  samples: number;
}

export interface ObjectiveOptions {
  /** Batch norm's mode; `chunk` consecutive samples share statistics. Always explicit. */
  mode: Exclude<Mode, { kind: 'train' }>;
  /** Batch norm's running statistics, in the network's order. */
  state: Float32Array;
  /** Coefficient of l2/2 ||w||^2 over all weights, biases and batch norm's included. Default 0. */
  l2?: number;
  /** Weight of each sample in the mean. Default: all 1. */
  sampleWeights?: Vector;
  /** Most samples that go through at once. Default: what the network's activations allow. */
  microBatch?: number;
}

/**
 * A network's loss over samples. Any number of samples go through in micro-batches; the sums over
 * them are float64, so the result does not depend on the micro-batch beyond rounding. With batch
 * statistics micro-batches are made of whole normalisation chunks. Calls that overlap in time run one
 * after the other.
 *
 * @throws InputError if the labels are not what the programs' loss takes.
 * @throws Error if there are no samples, or if sample weights are negative, not finite, all zero, or not one a sample.
 */
export function networkObjective(
  programs: Programs,
  samples: Samples,
  options: ObjectiveOptions,
): Objective {
  const { network } = programs;
  const { mode, state, l2 = 0 } = options;
  if (!(samples.samples > 0)) throw new Error('An objective needs at least one sample.');
  checkTargets(programs, samples);
  const width = elementCount(network.inputShape);
  const targetWidth = samples.labels.length / samples.samples;
  const { given, total } = weighting(options.sampleWeights, samples.samples);
  const weightOf = (i: number) => given(i) / total;
  const chunk = mode.kind === 'batch' && network.state.length > 0 ? mode.chunk : 1;
  const size = microBatchSize(network.activations, samples.samples, chunk, options.microBatch);
  const plan = microBatches(samples.samples, size, chunk);
  const stateFeeds = views(state, network.state);

  // One set of float32 arrays serves all calls: the weights as programs take them, and a result.
  const weights32 = new Float32Array(network.size);
  const vector32 = new Float32Array(network.size);
  const result32 = new Float32Array(network.size);
  const tensors = network.weights;
  const weightFeeds = views(weights32, tensors);
  const vectorFeeds = views(vector32, tensors, tangentOf);
  const gradientResults = views(result32, tensors, gradientOf);
  const productResults = views(result32, tensors, hessianVectorOf);

  const feeds = ({ start, count, padded }: MicroBatch): Feeds => {
    const targets = samples.labels.subarray(start * targetWidth, (start + count) * targetWidth);
    const x = samples.inputs.subarray(start * width, (start + count) * width);
    const sampleWeight = new Float32Array(padded);
    for (let i = 0; i < count; i++) sampleWeight[i] = weightOf(start + i);
    if (padded === count) return { ...weightFeeds, ...stateFeeds, x, targets, sampleWeight };
    // Rows that only fill up the shape weigh nothing.
    const fullX = new Float32Array(padded * width);
    const fullTargets =
      samples.labels instanceof Int32Array
        ? new Int32Array(padded)
        : new Float32Array(padded * targetWidth);
    fullX.set(x);
    fullTargets.set(targets);
    return { ...weightFeeds, ...stateFeeds, x: fullX, targets: fullTargets, sampleWeight };
  };

  const penalty = (weights: Vector) => (l2 === 0 ? 0 : (l2 / 2) * dot(weights, weights));
  const weightedLoss = (losses: ArrayLike<number>, { start, count }: MicroBatch): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const weight = weightOf(start + i);
      if (weight !== 0) sum += weight * losses[i];
    }
    return sum;
  };
  const checkSize = (vector: Vector) => {
    if (vector.length !== network.size) {
      throw new Error(
        `Network "${network.name}" has ${network.size} weights; a vector of ${vector.length} was given.`,
      );
    }
  };

  let last: Promise<unknown> = Promise.resolve();
  /** Runs `work` when the arrays above are free. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };

  return {
    size: network.size,
    samples: samples.samples,
    evaluate: (weights) => alone(() => evaluate(weights)),
    gradient: (weights) => alone(() => gradient(weights)),
    hessianVector: (weights, vector) => alone(() => hessianVector(weights, vector)),
  };

  async function evaluate(weights: Vector): Promise<Evaluation> {
    checkSize(weights);
    weights32.set(weights);
    let loss = 0;
    let correct = 0;
    for (const part of plan) {
      const run = await programs.forward(part.padded, mode);
      const { losses, logits } = await run.run(feeds(part));
      loss += weightedLoss(losses, part);
      if (samples.labels instanceof Int32Array) {
        for (let i = 0; i < part.count; i++) {
          const label = samples.labels[part.start + i];
          if (isLargest(logits, i * network.outputs, network.outputs, label))
            correct += given(part.start + i);
        }
      }
    }
    return {
      loss: loss + penalty(weights),
      accuracy: samples.labels instanceof Int32Array ? correct / total : NaN,
    };
  }

  async function gradient(weights: Vector) {
    checkSize(weights);
    weights32.set(weights);
    const gradient = new Float64Array(network.size);
    let loss = 0;
    for (const part of plan) {
      const run = await programs.gradient(part.padded, mode);
      const { losses } = await run.run(feeds(part), gradientResults);
      loss += weightedLoss(losses, part);
      axpy(1, result32, gradient);
    }
    if (l2 !== 0) axpy(l2, weights, gradient);
    return { loss: loss + penalty(weights), gradient };
  }

  async function hessianVector(weights: Vector, vector: Vector): Promise<Float64Array> {
    checkSize(weights);
    checkSize(vector);
    weights32.set(weights);
    vector32.set(vector);
    const product = new Float64Array(network.size);
    for (const part of plan) {
      const run = await programs.hessianVector(part.padded, mode);
      await run.run({ ...feeds(part), ...vectorFeeds }, productResults);
      axpy(1, result32, product);
    }
    if (l2 !== 0) axpy(l2, vector, product);
    return product;
  }
}

function checkTargets({ loss, network }: Programs, { labels, samples }: Samples): void {
  const classes = loss === 'softmax-cross-entropy';
  const expected = classes
    ? `${samples} class labels in an Int32Array`
    : `${samples} rows of ${network.outputs} targets in a Float32Array`;
  const length = classes ? samples : samples * network.outputs;
  if (labels instanceof (classes ? Int32Array : Float32Array) && labels.length === length) return;
  throw new InputError(
    `networkObjective: the loss ${loss} takes ${expected}, got ${labels.length} numbers in one of type ${labels.constructor.name}.`,
  );
}

/** Each sample's weight as it was given, and their sum. */
function weighting(
  weights: Vector | undefined,
  samples: number,
): { given: (i: number) => number; total: number } {
  if (!weights) return { given: () => 1, total: samples };
  let total = 0;
  for (const weight of weights) total += weight >= 0 ? weight : NaN;
  if (weights.length !== samples || !(total > 0 && total < Infinity)) {
    throw new Error(
      'Sample weights must be one non-negative finite number a sample, not all zero.',
    );
  }
  return { given: (i) => weights[i], total };
}

/** Whether the label's output is the largest; of equal ones the first counts. NaN never is. */
function isLargest(
  logits: ArrayLike<number>,
  offset: number,
  classes: number,
  label: number,
): boolean {
  const value = logits[offset + label];
  for (let k = 0; k < classes; k++) {
    const other = logits[offset + k];
    if (k < label ? !(value > other) : k > label && !(value >= other)) return false;
  }
  return !Number.isNaN(value);
}
