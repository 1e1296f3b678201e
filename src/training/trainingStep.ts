import type { Executable, Feeds } from '../engine/engine.js';
import { type Model, views } from '../network/model.js';
import type { Programs } from '../objective/programs.js';
import { elementCount, type Program } from '../program/program.js';
import { simplify } from '../program/simplify.js';
import { type Tensor, tf } from '../program/tensorflow.js';
import { trace } from '../program/trace.js';
import type { RandomStream } from '../random.js';
import { type Optimizer, optimizerOf, type OptimizerOptions } from './optimizer.js';

const next = (name: string): string => `next ${name}`;
const slotOf = (slot: string, weight: string): string => `${slot} ${weight}`;

/** All numbers that a step changes: the model and what the optimizer keeps. */
export interface Trained extends Model {
  /** One array a slot, in the order of the weights. */
  slots: Record<string, Float32Array>;
}

/**
 * Updates of a network as compiled programs: one call computes the loss, its gradient, the new weights,
 * the optimizer's slots and batch norm's running statistics. Three sets of arrays take turns: what is
 * there, what a step writes, and what was there before the last step.
 *
 * The loss is the mean over the batch, plus l2/2 ||w||^2 over all weights where `l2` is not 0. Batch norm
 * uses the statistics of the whole batch.
 */
export class TrainingStep {
  private readonly optimizer: Optimizer;
  private current: Trained;
  private previous: Trained;
  private spare: Trained;

  constructor(
    private readonly programs: Programs,
    private readonly options: OptimizerOptions,
    private readonly l2: number,
    initial: Model & { slots?: Record<string, Float32Array> },
  ) {
    this.optimizer = optimizerOf(options);
    const slots = this.optimizer.slots.map((slot): [string, Float32Array] => [
      slot,
      initial.slots?.[slot]?.slice() ?? new Float32Array(initial.weights.length),
    ]);
    this.current = {
      weights: initial.weights.slice(),
      state: initial.state.slice(),
      slots: Object.fromEntries(slots),
    };
    this.previous = structuredClone(this.current);
    this.spare = structuredClone(this.current);
  }

  /** What training has arrived at: views that are valid until the next step. */
  get trained(): Readonly<Trained> {
    return this.current;
  }

  /** Takes the last update back; only one can be. */
  undo(): void {
    [this.current, this.previous] = [this.previous, this.current];
  }

  /**
   * One update from the batch; returns the mean loss before it. `step` counts updates from 1.
   * Where the loss is not finite nothing changes.
   */
  async run(
    inputs: Float32Array,
    targets: Int32Array,
    step: number,
    learningRate: number,
    dropout: RandomStream,
  ): Promise<number> {
    const batch = targets.length;
    const executable = await this.compiled(batch);
    const feeds: Feeds = { ...this.ports(this.current), x: inputs, targets };
    for (const [name, value] of Object.entries(this.optimizer.scalars(step, learningRate))) {
      feeds[name] = Float32Array.of(value);
    }
    for (const { name, shape, rate } of this.programs.network.masks) {
      feeds[name] = drawMask(batch * elementCount(shape), rate, dropout);
    }
    const { losses } = await executable.run(feeds, this.ports(this.spare, next));
    let sum = 0;
    for (const loss of losses) sum += loss;
    const mean = sum / batch;
    if (Number.isFinite(mean))
      [this.previous, this.current, this.spare] = [this.current, this.spare, this.previous];
    return mean;
  }

  private ports(trained: Trained, rename: (name: string) => string = (name) => name): Feeds {
    const { weights, state } = this.programs.network;
    const feeds = {
      ...views(trained.weights, weights, rename),
      ...views(trained.state, state, rename),
    };
    for (const slot of this.optimizer.slots) {
      Object.assign(
        feeds,
        views(trained.slots[slot], weights, (name) => rename(slotOf(slot, name))),
      );
    }
    return feeds;
  }

  private compiled(batch: number): Promise<Executable> {
    const key = `training ${batch} ${this.l2} ${JSON.stringify(this.options)}`;
    return this.programs.get(key, () => simplify(this.trace(batch)));
  }

  private trace(batch: number): Program {
    const { network } = this.programs;
    const ports = this.programs.inputs(batch);
    for (const { name, shape } of network.weights) {
      for (const slot of this.optimizer.slots)
        ports[slotOf(slot, name)] = { shape, dtype: 'float32' };
    }
    for (const name of Object.keys(this.optimizer.scalars(1, 1)))
      ports[name] = { shape: [], dtype: 'float32' };
    for (const { name, shape } of network.masks)
      ports[name] = { shape: [batch, ...shape], dtype: 'float32' };

    return trace(ports, (tensors) => {
      const outputs: Record<string, Tensor> = {};
      const names = network.weights.map(({ name }) => name);
      const mean = (...weights: Tensor[]) => {
        const given = { ...tensors };
        names.forEach((name, i) => (given[name] = weights[i]));
        const { losses, scope } = this.programs.apply({ kind: 'train', chunk: batch }, given);
        outputs.losses = losses;
        for (const [name, value] of Object.entries(scope.updates)) outputs[next(name)] = value;
        return tf.mul(tf.sum(losses), tf.scalar(1 / batch));
      };
      const gradients = tf.grads(mean)(names.map((name) => tensors[name]));
      names.forEach((name, i) => {
        const weight = tensors[name];
        const gradient =
          this.l2 === 0 ? gradients[i] : tf.add(gradients[i], tf.mul(tf.scalar(this.l2), weight));
        const slots = Object.fromEntries(
          this.optimizer.slots.map((slot) => [slot, tensors[slotOf(slot, name)]]),
        );
        const updated = this.optimizer.update(weight, gradient, slots, tensors);
        outputs[next(name)] = updated.weight;
        for (const [slot, value] of Object.entries(updated.slots))
          outputs[next(slotOf(slot, name))] = value;
      });
      return outputs;
    });
  }
}

/** Zeros with probability `rate`, 1 / (1 - rate) otherwise. */
function drawMask(count: number, rate: number, stream: RandomStream): Float32Array {
  const mask = new Float32Array(count);
  for (let i = 0; i < count; i++) mask[i] = stream.uniform() < rate ? 0 : 1 / (1 - rate);
  return mask;
}
