import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { initialModel, type Model, modelHash } from '../network/model.js';
import { generalizationGap } from '../statistics/gap.js';
import { InputError } from '../error.js';
import { writeCheckpoint } from '../training/checkpoint.js';
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
  const name = `${run.regime} seed ${run.seed}`;
  const checkpoint = await folder.latestCheckpoint();
  const stored = checkpoint && (await folder.readCheckpoint(checkpoint, network));
  const history = await folder.resumeMetrics(stored?.epoch ?? 0);
  if (stored && history.length !== stored.epoch) {
    throw new InputError(
      `${folder.path}/metrics.jsonl: expected ${stored.epoch} epochs, as many as the last checkpoint has, found ${history.length}; delete the folder ${folder.path} to train again.`,
    );
  }
  const meta = await folder.readMeta();

  let state: Pick<TrainingState, keyof Model | 'step'> = stored ?? { ...initial, step: 0 };
  let status: RunResult['status'] = meta?.status === 'diverged' ? 'diverged' : 'done';
  let steps = meta?.divergedAt ?? state.step;
  if (status === 'diverged') observer.note(`train ${name}: diverged before, at step ${steps}`);
  else if (checkpoint?.final) {
    observer.note(`train ${name}: done before${accuracyOf(history)}`);
    // It may have been killed before it could say so.
    if (meta && meta.status !== 'done') await folder.writeMeta({ ...meta, status: 'done' });
  } else {
    const describe = (now: RunMeta['status'], divergedAt?: number): RunMeta => {
      return {
        versions: versions(bench.engine),
        host: hostname(),
        seed: run.seed,
        argv,
        status: now,
        divergedAt,
      };
    };
    await folder.writeMeta(describe('running'));
    if (stored?.epoch) {
      observer.note(`train ${name}: goes on after epoch ${stored.epoch} of ${training.epochs}`);
    }
    const task = observer.task(
      `train ${name}`,
      training.epochs * Math.ceil(dataset.train.samples / training.batch),
      { done: state.step },
    );
    let previous = stored && stored.step > 0 ? checkpoint.file : undefined;
    const outcome = await train(
      programs,
      dataset,
      initial,
      training,
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
    await folder.writeMeta(describe(status, status === 'diverged' ? steps : undefined));
    task.finish(
      status === 'done'
        ? `done${accuracyOf(history)}`
        : `diverged at step ${steps}: the loss is not finite; the last good checkpoint is ${previous ?? folder.checkpointFile(0)}`,
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

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function accuracyOf(history: RunResult['history']): string {
  const last = history.at(-1);
  return last ? `, test accuracy ${percent(last.testAccuracy)}` : '';
}

function gapOf(last: RunResult['history'][number]) {
  const { trainLoss, trainAccuracy, testLoss, testAccuracy } = last;
  return generalizationGap(
    { loss: trainLoss, accuracy: trainAccuracy },
    { loss: testLoss, accuracy: testAccuracy },
  );
}
