import { BatchOrder, gather } from '../src/data/batches.js';
import { type Dataset, loadDataset } from '../src/data/dataset.js';
import { openEngine } from '../src/engine/choose.js';
import type { Engine } from '../src/engine/engine.js';
import { f1 } from '../src/network/f1.js';
import { initialModel, type Model } from '../src/network/model.js';
import { networkObjective } from '../src/objective/networkObjective.js';
import { Programs } from '../src/objective/programs.js';
import { RandomStream } from '../src/random.js';
import { TrainingStep } from '../src/training/trainingStep.js';
import { adam } from './adam.js';
import type { Task } from './tasks.js';

const seed = 1;

/** Basin's side: F1 on MNIST scaled to [0, 1], as the peer's script does it. */
export class Basin {
  private constructor(
    readonly engine: Engine,
    private readonly programs: Programs,
    private readonly data: Dataset,
    private readonly model: Model,
  ) {}

  static async open(): Promise<Basin> {
    const engine = await openEngine('onnx');
    const data = loadDataset('mnist', { normalise: 'unit' });
    const network = f1(data.inputShape, data.classes);
    return new Basin(engine, new Programs(network, engine), data, initialModel(network, seed));
  }

  /** The task as a function; its programs are compiled, and its first run is done. */
  async prepare({ what, batch }: Task): Promise<() => Promise<unknown>> {
    const work = what === 'epoch' ? await this.epoch(batch) : this.derivative(what, batch);
    if (what !== 'epoch') await work();
    return work;
  }

  /** Every sample once in a fresh order; the last batch may be smaller. */
  private async epoch(batch: number): Promise<() => Promise<void>> {
    const { train } = this.data;
    const training = new TrainingStep(this.programs, adam, 0, this.model);
    const order = new BatchOrder(train.samples, batch, seed);
    const dropout = new RandomStream(seed, 'dropout');
    const width = train.inputs.length / train.samples;
    const inputs = new Float32Array(batch * width);
    const labels = new Int32Array(batch);
    let step = 0;
    const update = async (indices: Uint32Array) => {
      gather(train, indices, inputs, labels);
      const x = inputs.subarray(0, indices.length * width);
      await training.run(x, labels.subarray(0, indices.length), ++step, 1e-3, dropout);
    };
    for (const size of new Set([batch, train.samples % batch || batch]))
      await update(Uint32Array.from({ length: size }, (_, i) => i));
    return async () => {
      for (let i = 0; i < order.batchesPerEpoch; i++) await update(order.next());
    };
  }

  private derivative(what: 'gradient' | 'hvp', batch: number): () => Promise<unknown> {
    const { inputs, labels, samples } = this.data.train;
    const first = {
      inputs: inputs.subarray(0, (batch * inputs.length) / samples),
      labels: labels.subarray(0, batch),
      samples: batch,
    };
    const { weights, state } = this.model;
    const objective = networkObjective(this.programs, first, {
      mode: { kind: 'batch', chunk: batch },
      state,
    });
    if (what === 'gradient') return () => objective.gradient(weights);
    const stream = new RandomStream(seed, 'bench');
    const vector = Float32Array.from(weights, () => stream.normal());
    return () => objective.hessianVector(weights, vector);
  }
}
