import type { Engine, Executable, Feeds } from '../engine/engine.js';
import type { Mode, Network } from '../network/network.js';
import { Scope } from '../network/scope.js';
import { jvp, tangentOf } from '../program/jvp.js';
import { type Program, select, type TensorSpec } from '../program/program.js';
import { simplify } from '../program/simplify.js';
import { type Tensor, tf } from '../program/tensorflow.js';
import { trace } from '../program/trace.js';
import { type LossName, losses } from './loss.js';

/** Port of the gradient by a weight, and of a Hessian-vector product's part. */
export const gradientOf = (weight: string): string => `gradient ${weight}`;
export const hessianVectorOf = (weight: string): string => tangentOf(gradientOf(weight));

/** Sessions kept; each holds memory for the activations of its own batch size. */
const kept = 12;

/**
 * The programs of one network with one loss on one engine, compiled when first asked for and shared
 * by all objectives and training runs; the least recently used of more than a dozen are released.
 *
 * Ports: weights and state by their names, `x` [B, ...], `targets`, `sampleWeight` [B] (the cotangent of
 * the per-sample losses); `losses` [B], `logits` [B, K], `gradient <weight>`, `d gradient <weight>`.
 */
export class Programs {
  private readonly compiled = new Map<string, Promise<Shared>>();

  constructor(
    readonly network: Network,
    readonly engine: Engine,
    readonly loss: LossName = 'softmax-cross-entropy',
  ) {}

  /** Losses and logits. */
  forward(batch: number, mode: Mode): Promise<Executable> {
    return this.get(`forward ${batch} ${modeKey(mode)}`, () =>
      simplify(this.traceForward(batch, mode)),
    );
  }

  /** Losses, logits and the gradient of sum_i sampleWeight_i loss_i. */
  gradient(batch: number, mode: Mode): Promise<Executable> {
    return this.get(`gradient ${batch} ${modeKey(mode)}`, () =>
      simplify(this.traceGradient(batch, mode)),
    );
  }

  /** The derivative of that gradient along tangents `d <weight>`. */
  hessianVector(batch: number, mode: Mode): Promise<Executable> {
    return this.get(`hessian-vector ${batch} ${modeKey(mode)}`, () => {
      const names = this.network.weights.map(({ name }) => name);
      const tangents = jvp(simplify(this.traceGradient(batch, mode)), names);
      return simplify(select(tangents, names.map(hessianVectorOf)));
    });
  }

  /** Any other program of this network, under a key of the caller's. To be run before others are asked for. */
  async get(key: string, build: () => Program): Promise<Executable> {
    const known = this.compiled.get(key);
    this.compiled.delete(key);
    const shared =
      known ?? Promise.resolve().then(async () => new Shared(await this.engine.compile(build())));
    this.compiled.set(key, shared);
    // The next call tries again.
    shared.catch(() => this.compiled.get(key) === shared && this.compiled.delete(key));
    if (this.compiled.size > kept) {
      const oldest = this.compiled.keys().next().value!;
      const unused = this.compiled.get(oldest)!;
      this.compiled.delete(oldest);
      await unused.then(
        (executable) => executable.release(),
        () => undefined,
      );
    }
    return shared;
  }

  /** Frees all sessions. */
  async release(): Promise<void> {
    const all = [...this.compiled.values()];
    this.compiled.clear();
    await Promise.all(
      all.map((one) =>
        one.then(
          (executable) => executable.release(),
          () => undefined,
        ),
      ),
    );
  }

  /** Ports that every program of this network takes for a batch. */
  inputs(batch: number): Record<string, TensorSpec> {
    const { weights, state, inputShape, outputs } = this.network;
    const ports: Record<string, TensorSpec> = {};
    for (const { name, shape } of [...weights, ...state]) ports[name] = { shape, dtype: 'float32' };
    ports.x = { shape: [batch, ...inputShape], dtype: 'float32' };
    ports.targets =
      this.loss === 'softmax-cross-entropy'
        ? { shape: [batch], dtype: 'int32' }
        : { shape: [batch, outputs], dtype: 'float32' };
    return ports;
  }

  /** Within a trace: the per-sample losses and logits from the tensors of the ports. */
  apply(
    mode: Mode,
    tensors: Record<string, Tensor>,
  ): { losses: Tensor; logits: Tensor; scope: Scope } {
    const scope = new Scope(mode, this.network.options, tensors);
    const logits = this.network.build(scope, tensors.x);
    return { losses: losses[this.loss](logits, tensors.targets), logits, scope };
  }

  private traceForward(batch: number, mode: Mode): Program {
    return trace(this.inputs(batch), (tensors) => {
      const { losses, logits } = this.apply(mode, tensors);
      return { losses, logits };
    });
  }

  private traceGradient(batch: number, mode: Mode): Program {
    const ports: Record<string, TensorSpec> = this.inputs(batch);
    ports.sampleWeight = { shape: [batch], dtype: 'float32' };
    const names = this.network.weights.map(({ name }) => name);
    return trace(ports, (tensors) => {
      const outputs: Record<string, Tensor> = {};
      const total = (...weights: Tensor[]) => {
        const given = { ...tensors };
        names.forEach((name, i) => (given[name] = weights[i]));
        const { losses, logits } = this.apply(mode, given);
        Object.assign(outputs, { losses, logits });
        return tf.sum(tf.mul(losses, tensors.sampleWeight));
      };
      const gradients = tf.grads(total)(names.map((name) => tensors[name]));
      names.forEach((name, i) => (outputs[gradientOf(name)] = gradients[i]));
      return outputs;
    });
  }
}

/** An executable that takes its runs one by one, and is freed when the last of them is over. */
class Shared implements Executable {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly executable: Executable) {}

  run(inputs: Feeds, results?: Feeds): Promise<Feeds> {
    const run = this.last.then(() => this.executable.run(inputs, results));
    this.last = run.catch(() => undefined);
    return run;
  }

  async release(): Promise<void> {
    await this.last;
    await this.executable.release();
  }
}

function modeKey(mode: Mode): string {
  return mode.kind === 'running' ? 'running' : `${mode.kind} ${mode.chunk}`;
}
