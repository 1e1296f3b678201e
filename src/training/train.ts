import { type BatchOrderState, BatchOrder, gather } from '../data/batches.js';
import type { Split } from '../data/dataset.js';
import { InputError } from '../error.js';
import type { Model } from '../network/model.js';
import { networkObjective } from '../objective/networkObjective.js';
import type { Programs } from '../objective/programs.js';
import { allFinite } from '../objective/vector.js';
import { elementCount } from '../program/program.js';
import { type RandomState, RandomStream } from '../random.js';
import type { OptimizerOptions } from './optimizer.js';
import { type Trained, TrainingStep } from './trainingStep.js';

/** What determines the trained weights, beside the programs, the data and the initial weights. */
export interface TrainingOptions {
  optimizer: OptimizerOptions;
  learningRate: number;
  batch: number;
  epochs: number;
  /** Seed of the streams `data order` and `dropout`. */
  seed: number;
  l2: number;
}

/** Loss and accuracy over whole sets at the end of an epoch, on batch norm's running statistics. */
export interface EpochRecord {
  epoch: number;
  /** Updates made so far. */
  step: number;
  trainLoss: number;
  trainAccuracy: number;
  testLoss: number;
  testAccuracy: number;
  learningRate: number;
  /** Wall time of the epoch, evaluation included. */
  seconds: number;
}

/** All that training needs to go on from the end of an epoch as if it had not stopped. */
export interface TrainingState extends Trained {
  epoch: number;
  step: number;
  order: BatchOrderState;
  dropout: RandomState;
}

export interface TrainingResult {
  model: Model;
  step: number;
  /**
   * `diverged`: by update `step` the loss, or at an epoch's end a weight or running statistic, was no
   * longer finite; the model is the one before the last update.
   */
  status: 'done' | 'diverged';
}

export interface TrainingCallbacks {
  onStep?: (progress: { epoch: number; step: number; stepsPerEpoch: number; loss: number }) => void;
  /** Called before the first update of a run that is not resumed, and after every epoch, with the state
   * that a checkpoint stores; its arrays are valid during the call. */
  onStart?: (state: TrainingState) => Promise<void>;
  onEpoch?: (record: EpochRecord, state: TrainingState) => Promise<void>;
  signal?: AbortSignal;
}

/**
 * Trains a network: each epoch is a new permutation of the samples in batches, the last of which may
 * be smaller. The same options and initial weights give the same weights on the same engine, bit for
 * bit, also when training is resumed from the state of any epoch.
 *
 * A loss that is not finite stops training (`diverged`); the update that would have followed is
 * not made, and the one that led there is taken back.
 *
 * @throws InputError where the programs' loss is not one of class labels; the signal's reason once it is
 *   aborted, between two updates.
 */
export async function train(
  programs: Programs,
  data: { train: Split; test: Split },
  initial: Model,
  options: TrainingOptions,
  { onStart, onStep, onEpoch, signal }: TrainingCallbacks = {},
  resume?: TrainingState,
): Promise<TrainingResult> {
  if (programs.loss !== 'softmax-cross-entropy') {
    throw new InputError(
      `train: the data has class labels, expected programs with the loss softmax-cross-entropy, got ${programs.loss}.`,
    );
  }
  const { optimizer, learningRate, batch, epochs, seed, l2 } = options;
  const training = new TrainingStep(programs, optimizer, l2, resume ?? initial);
  const order = new BatchOrder(data.train.samples, batch, seed);
  const dropout = new RandomStream(seed, 'dropout');
  if (resume) {
    order.state = resume.order;
    dropout.state = resume.dropout;
  }
  const width = elementCount(programs.network.inputShape);
  const inputs = new Float32Array(batch * width);
  const labels = new Int32Array(batch);
  const evaluation = evaluator(programs, data, l2);

  let step = resume?.step ?? 0;
  const result = (status: TrainingResult['status']): TrainingResult => ({
    model: { weights: training.trained.weights.slice(), state: training.trained.state.slice() },
    step,
    status,
  });
  const diverged = (): TrainingResult => {
    training.undo();
    return result('diverged');
  };
  const stateAfter = (epoch: number): TrainingState => {
    return { ...training.trained, epoch, step, order: order.state, dropout: dropout.state };
  };
  if (!resume) await onStart?.(stateAfter(0));
  for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= epochs; epoch++) {
    const started = performance.now();
    for (let i = 0; i < order.batchesPerEpoch; i++) {
      signal?.throwIfAborted();
      const indices = order.next();
      gather(data.train, indices, inputs, labels);
      step++;
      const x = inputs.subarray(0, indices.length * width);
      const loss = await training.run(
        x,
        labels.subarray(0, indices.length),
        step,
        learningRate,
        dropout,
      );
      onStep?.({ epoch, step, stepsPerEpoch: order.batchesPerEpoch, loss });
      if (!Number.isFinite(loss)) return diverged();
    }
    const losses = await evaluation(training.trained, signal);
    const { weights, state, slots } = training.trained;
    const finite = [weights, state, ...Object.values(slots)].every(allFinite);
    if (!finite || !Number.isFinite(losses.trainLoss)) return diverged();
    const seconds = (performance.now() - started) / 1000;
    await onEpoch?.({ epoch, step, ...losses, learningRate, seconds }, stateAfter(epoch));
  }
  return result('done');
}

/** Loss and accuracy of a model on the whole training and test set. */
export function evaluator(programs: Programs, data: { train: Split; test: Split }, l2: number) {
  const state = new Float32Array(
    programs.network.state.reduce((n, { shape }) => n + elementCount(shape), 0),
  );
  const objective = (split: Split) =>
    networkObjective(programs, split, { mode: { kind: 'running' }, state, l2 });
  const [trainObjective, testObjective] = [objective(data.train), objective(data.test)];
  return async (model: Readonly<Model>, signal?: AbortSignal) => {
    state.set(model.state);
    const train = await trainObjective.evaluate(model.weights);
    signal?.throwIfAborted();
    const test = await testObjective.evaluate(model.weights);
    return {
      trainLoss: train.loss,
      trainAccuracy: train.accuracy,
      testLoss: test.loss,
      testAccuracy: test.accuracy,
    };
  };
}
