import { subset } from '../data/batches.js';
import type { Dataset, Split } from '../data/dataset.js';
import type { Engine } from '../engine/engine.js';
import type { Network } from '../network/network.js';
import { InputError } from '../error.js';
import { createNetwork } from '../network/registry.js';
import { networkObjective, type ObjectiveOptions } from '../objective/networkObjective.js';
import type { Objective } from '../objective/objective.js';
import { Programs } from '../objective/programs.js';
import type { Model } from '../network/model.js';
import { Subspace } from '../sharpness/subspace.js';
import type { ResolvedSamples, ResolvedTraining } from './resolve.js';
import type { MeasureResult } from './results.js';

/** Where batch norm's statistics come from while measuring; `chunk` samples share them in `batch` mode. */
export interface BatchNormChoice {
  batchNorm: 'running' | 'batch';
  chunk?: number;
}

type Provenance = Omit<MeasureResult['provenance'], 'weightsHash' | 'seed' | 'seconds'>;

/** All training samples, or a seeded subset, as `--samples` says. */
export function chosenSamples(
  samples: 'all' | number,
  seed: number,
  available: number,
): ResolvedSamples {
  if (samples === 'all') return { samples: available, seed: null };
  if (samples <= available) return { samples, seed };
  throw new InputError(
    `--samples ${samples}: expected at most ${available}, the number of training samples, or all.`,
  );
}

/**
 * The part of a result's file name that says what it was measured on: `n6000-s1-c6000` for samples,
 * subset seed and chunk. Other ones are another number, which does not replace the study's own.
 */
export function samplesSlug({ samples, subsetSeed, chunk }: Provenance): string {
  const parts = [
    `n${samples}`,
    ...(subsetSeed === null ? [] : [`s${subsetSeed}`]),
    ...(chunk === null ? [] : [`c${chunk}`]),
  ];
  return parts.join('-');
}

/** What all runs of a study share: the data, the network and its compiled programs. */
export class Workbench {
  readonly network: Network;
  readonly programs: Programs;
  /** Training samples that are measured on. */
  private readonly measured: Split;
  private lastSubspace: Subspace | undefined;

  constructor(
    training: Pick<ResolvedTraining, 'network' | 'initializer' | 'batchNorm' | 'l2'>,
    readonly engine: Engine,
    readonly measureOn: ResolvedSamples,
    /** Samples that share batch statistics while measuring: the largest batch size of the study. */
    private readonly defaultChunk: number,
    readonly dataset: Dataset,
  ) {
    const { network, initializer, batchNorm } = training;
    const { inputShape, classes, train } = dataset;
    this.network = createNetwork(network, inputShape, classes, { initializer, batchNorm });
    this.programs = new Programs(this.network, engine);
    this.measured =
      measureOn.seed === null ? train : subset(train, measureOn.samples, measureOn.seed);
    this.l2 = training.l2;
  }

  readonly l2: number;

  /** The loss at a model on the measured training samples or the test set. */
  objective(
    split: 'train' | 'test',
    choice: BatchNormChoice,
    { state }: Pick<Model, 'state'>,
  ): Objective {
    const samples = split === 'train' ? this.measured : this.dataset.test;
    const chunk = Math.min(choice.chunk ?? this.defaultChunk, samples.samples);
    const mode: ObjectiveOptions['mode'] =
      choice.batchNorm === 'batch' ? { kind: 'batch', chunk } : { kind: 'running' };
    return networkObjective(this.programs, samples, { mode, state, l2: this.l2 });
  }

  /** What a result on the measured training samples is computed from. */
  provenance({ batchNorm, chunk }: BatchNormChoice): Provenance {
    const normalised = this.network.state.length > 0;
    const { samples } = this.measured;
    return {
      dataHash: this.dataset.hash,
      samples,
      of: this.dataset.train.samples,
      split: 'train',
      subsetSeed: this.measureOn.seed,
      batchNorm: normalised ? batchNorm : 'none',
      chunk:
        normalised && batchNorm === 'batch' ? Math.min(chunk ?? this.defaultChunk, samples) : null,
      l2: this.l2,
      engine: this.engine.version,
    };
  }

  /**
   * A random subspace of the network's weights. Drawing one costs as much as many evaluations: the last
   * one is kept for the next model.
   */
  async subspace(columns: number, scaling: Subspace['scaling'], seed: number): Promise<Subspace> {
    const last = this.lastSubspace;
    if (last?.columns === columns && last.scaling === scaling && last.seed === seed) return last;
    this.lastSubspace = undefined; // makes room before the next is drawn
    return (this.lastSubspace = await Subspace.create(this.network.size, {
      columns,
      scaling,
      seed,
    }));
  }

  async release(): Promise<void> {
    this.lastSubspace = undefined;
    await this.programs.release();
  }
}
