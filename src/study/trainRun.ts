import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { initialModel, type Model, modelHash } from '../network/model.js';
import { generalizationGap } from '../statistics/gap.js';
import { readCheckpoint, writeCheckpoint } from '../training/checkpoint.js';
import { train, type TrainingState } from '../training/train.js';
import type { Observer } from './observer.js';
import type { ResolvedRun } from './resolve.js';
import type { RunResult } from './results.js';
import type { RunFolder, RunMeta } from './runFolder.js';
import { versions } from './versions.js';
import type { Workbench } from './workbench.js';

/** A run after training: its result without measures, and the model it ended with. */
export interface TrainedRun {
  run: ResolvedRun;
  folder: RunFolder;
  result: RunResult;
  model: Model;
}

/**
 * Trains a run, or goes on from its last checkpoint, or only reads what is there if it has ended.
 * A checkpoint is written at the start (the initial weights, kept) and after every epoch (the one
 * before it is removed).
 *
 * @throws InputError for a damaged run folder; the signal's reason once it is aborted, after which
 *   calling again goes on.
 */
export async function trainRun(
  bench: Workbench,
  run: ResolvedRun,
  folder: RunFolder,
  argv: string[],
  observer: Observer,
  signal?: AbortSignal,
): Promise<TrainedRun> {
  const { network, programs, dataset } = bench;
  const { training } = run;
  const initial = initialModel(network, run.seed);
  const checkpoint = await folder.latestCheckpoint();
  const stored = checkpoint && (await readCheckpoint(checkpoint.file, network));
  const history = await folder.resumeMetrics(stored?.epoch ?? 0);
  const meta = await folder.readMeta();

  let state: Pick<TrainingState, keyof Model | 'step'> = stored ?? { ...initial, step: 0 };
  let status: RunResult['status'] = meta?.status === 'diverged' ? 'diverged' : 'done';
  let steps = state.step;
  if (!checkpoint?.final && status !== 'diverged') {
    const describe = (now: RunMeta['status']): RunMeta => {
      return {
        versions: versions(bench.engine),
        host: hostname(),
        seed: run.seed,
        argv,
        status: now,
      };
    };
    await folder.writeMeta(describe('running'));
    const task = observer.task(
      `train ${run.regime} seed ${run.seed}`,
      training.epochs * stepsPerEpoch(bench, training.batch),
    );
    let previous = stored && stored.step > 0 ? checkpoint.file : undefined;
    const options = { ...training, l2: training.l2 };
    const outcome = await train(
      programs,
      dataset,
      initial,
      options,
      {
        signal,
        onStep: ({ epoch, step, loss }) =>
          task.advance(step, `epoch ${epoch}/${training.epochs}, loss ${loss.toPrecision(3)}`),
        async onEpoch(record, now) {
          const file = folder.checkpointFile(now.step);
          await folder.appendMetrics(record);
          await writeCheckpoint(
            file,
            network,
            now,
            now.epoch === training.epochs ? { final: 'true' } : {},
          );
          if (previous) await rm(previous, { force: true });
          previous = file;
          history.push(record);
          state = { weights: now.weights.slice(), state: now.state.slice(), step: now.step };
          const { epoch, trainLoss, trainAccuracy, testAccuracy, seconds } = record;
          await folder.log(
            `epoch ${epoch}: train loss ${trainLoss.toPrecision(4)}, train accuracy ${percent(trainAccuracy)}, test accuracy ${percent(testAccuracy)}, ${seconds.toFixed(1)} s`,
          );
        },
        onStart: (now) => writeCheckpoint(folder.checkpointFile(0), network, now),
      },
      stored,
    );
    status = outcome.status;
    steps = outcome.step;
    await folder.writeMeta(describe(status));
    const last = history.at(-1);
    const accuracy = last ? `, test accuracy ${percent(last.testAccuracy)}` : '';
    task.finish(
      status === 'done' ? `done${accuracy}` : `diverged at step ${steps}: the loss is not finite`,
    );
  }
  const last = history.at(-1);
  return {
    run,
    folder,
    model: state,
    result: {
      id: run.id,
      regime: run.regime,
      seed: run.seed,
      batch: training.batch,
      optimizer: training.optimizer.name,
      learningRate: training.learningRate,
      epochs: history.length,
      steps,
      seconds: history.reduce((total, { seconds }) => total + seconds, 0),
      status,
      weightsHash: modelHash(state),
      initialWeightsHash: modelHash(initial),
      history,
      gap: status === 'done' && last ? gapOf(last) : null,
      measures: [],
    },
  };
}

function stepsPerEpoch({ dataset }: Workbench, batch: number): number {
  return Math.ceil(dataset.train.samples / batch);
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function gapOf(last: RunResult['history'][number]) {
  const { trainLoss, trainAccuracy, testLoss, testAccuracy } = last;
  return generalizationGap(
    { loss: trainLoss, accuracy: trainAccuracy },
    { loss: testLoss, accuracy: testAccuracy },
  );
}
