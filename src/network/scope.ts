import { batchNormOf } from '../program/kernels/normalization.js';
import { type Tensor, tf } from '../program/tensorflow.js';
import type { Initializer } from './initializers.js';
import type { Mode, NetworkOptions, StateSpec, WeightSpec } from './network.js';

type Padding = 'same' | 'valid';
type Tensor2 = ReturnType<typeof tf.tensor2d>;
type Tensor4 = ReturnType<typeof tf.tensor4d>;

/**
 * What a network's function draws its layers from: names them (`dense1`, `conv2`, …), hands out their
 * weights, and notes which weights, state and masks there are. Tensors that `given` does not hold are
 * made up, which is how a network is first described.
 */
export class Scope {
  readonly weights: WeightSpec[] = [];
  readonly state: StateSpec[] = [];
  readonly masks: { name: string; shape: number[]; rate: number }[] = [];
  /** New running statistics by name, in `train` mode. */
  readonly updates: Record<string, Tensor> = {};
  private readonly counts = new Map<string, number>();

  constructor(
    readonly mode: Mode,
    private readonly options: NetworkOptions,
    private readonly given: Record<string, Tensor>,
  ) {}

  private next(layer: string): string {
    const count = (this.counts.get(layer) ?? 0) + 1;
    this.counts.set(layer, count);
    return `${layer}${count}`;
  }

  /** A weight tensor of the network's own. */
  weight(name: string, shape: number[], initializer: Initializer): Tensor {
    if (this.weights.some((weight) => weight.name === name))
      throw new Error(`Two weights of a network are named "${name}": name each once.`);
    this.weights.push({ name, shape, initializer });
    return this.given[name] ?? tf.zeros(shape);
  }

  /** x W + b for x [B, in]; kernel [in, units]. */
  dense(x: Tensor, units: number): Tensor {
    const name = this.next('dense');
    const kernel = this.weight(`${name}/kernel`, [x.shape[1]!, units], this.options.initializer);
    const bias = this.weight(`${name}/bias`, [units], 'zeros');
    return tf.add(tf.matMul(x as Tensor2, kernel as Tensor2), bias);
  }

  /** Convolution of x [B, H, W, C] with `filters` square filters, with bias; kernel [size, size, C, filters]. */
  conv(
    x: Tensor,
    filters: number,
    size: number,
    { stride = 1, padding = 'same' }: { stride?: number; padding?: Padding } = {},
  ): Tensor {
    const name = this.next('conv');
    const shape = [size, size, x.shape[3]!, filters];
    const kernel = this.weight(`${name}/kernel`, shape, this.options.initializer);
    const bias = this.weight(`${name}/bias`, [filters], 'zeros');
    return tf.add(tf.conv2d(x as Tensor4, kernel as Tensor4, stride, padding), bias);
  }

  maxPool(x: Tensor, size: number, stride: number, padding: Padding): Tensor {
    return tf.maxPool(x as Tensor4, size, stride, padding);
  }

  averagePool(x: Tensor, size: number, stride: number, padding: Padding): Tensor {
    return tf.avgPool(x as Tensor4, size, stride, padding);
  }

  /** [B, ...] to [B, features], row-major. */
  flatten(x: Tensor): Tensor {
    return tf.reshape(x, [x.shape[0], x.size / x.shape[0]]);
  }

  /**
   * Batch norm over all axes but the last, with trained scale and offset (Ioffe & Szegedy 2015). The
   * biased variance (divided by the count) both normalises and goes into the running statistics:
   * running = momentum running + (1 - momentum) batch, once a chunk, in the order of the chunks.
   */
  batchNorm(x: Tensor): Tensor {
    const name = this.next('norm');
    const channels = x.shape.at(-1)!;
    const scale = this.weight(`${name}/scale`, [channels], 'ones');
    const offset = this.weight(`${name}/shift`, [channels], 'zeros');
    const mean = this.statistic(`${name}/mean`, channels, 0);
    const variance = this.statistic(`${name}/variance`, channels, 1);
    const { epsilon } = this.options.batchNorm;
    if (this.mode.kind === 'running') {
      const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, tf.scalar(epsilon))));
      return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(mean, factor)));
    }
    const batch = x.shape[0];
    const groups = Math.max(1, Math.ceil(batch / this.mode.chunk));
    if (batch % groups !== 0 || (groups > 1 && batch / groups !== this.mode.chunk)) {
      throw new Error(
        `A batch of ${batch} samples is not made of whole chunks of ${this.mode.chunk}.`,
      );
    }
    const grouped = groups === 1 ? x : tf.reshape(x, [groups, batch / groups, ...x.shape.slice(1)]);
    const axes = [...Array(grouped.rank - 1).keys()].slice(groups === 1 ? 0 : 1);
    const result = batchNormOf(grouped, scale, offset, { epsilon, axes });
    if (this.mode.kind === 'train') {
      this.update(`${name}/mean`, mean, result.mean, groups);
      this.update(`${name}/variance`, variance, result.variance, groups);
    }
    return tf.reshape(result.y, x.shape);
  }

  private statistic(name: string, channels: number, initial: number): Tensor {
    this.state.push({ name, shape: [channels], initial });
    return this.given[name] ?? tf.fill([channels], initial);
  }

  /** `groups` moving-average steps at once: the g-th chunk's statistics fade by momentum^(groups - 1 - g). */
  private update(name: string, old: Tensor, batch: Tensor, groups: number): void {
    const { momentum } = this.options.batchNorm;
    const shares = Array.from(
      { length: groups },
      (_, g) => (1 - momentum) * momentum ** (groups - 1 - g),
    );
    const rows: Tensor2 = tf.reshape(batch, [groups, old.size]);
    const moved = tf.reshape(tf.matMul(tf.tensor2d(shares, [1, groups]), rows), old.shape);
    this.updates[name] = tf.add(tf.mul(old, tf.scalar(momentum ** groups)), moved);
  }

  /** Multiplies by a mask of zeros and 1 / (1 - rate) while training (inverted dropout), else does nothing. */
  dropout(x: Tensor, rate: number): Tensor {
    if (rate === 0) return x;
    const name = `mask ${this.next('dropout')}`;
    this.masks.push({ name, shape: x.shape.slice(1), rate });
    if (this.mode.kind !== 'train') return x;
    return tf.mul(x, this.given[name] ?? tf.ones(x.shape));
  }
}
