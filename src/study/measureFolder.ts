import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { loadDataset } from '../data/dataset.js';
import { InputError } from '../error.js';
import { openEngine } from '../engine/choose.js';
import { interruptible } from './interruptible.js';
import { measureRun } from './measureRun.js';
import type { ResolvedMeasure } from './measures.js';
import type { Observer } from './observer.js';
import type { MeasureResult } from './results.js';
import { RunFolder } from './runFolder.js';
import { chosenSamples, Workbench } from './workbench.js';

export interface MeasureFolderOptions {
  samples: 'all' | number;
  subsetSeed: number;
  observer: Observer;
  signal?: AbortSignal;
}

/**
 * Measures at the final weights of a run, or of every run of a study's folder; results are stored in
 * the run folders like a study's own. Runs of the study that diverged are left out.
 *
 * @throws InputError where the folder is no run's or study's, or a run is not trained to its end; the
 *   signal's reason once it is aborted.
 */
export async function measureFolder(
  folder: string,
  measures: ResolvedMeasure[],
  { samples, subsetSeed, observer, signal }: MeasureFolderOptions,
): Promise<{ run: string; result: MeasureResult }[]> {
  const found: { run: string; result: MeasureResult }[] = [];
  const isStudy = !isRun(folder);
  const studyFolder = isStudy ? folder : path.dirname(path.resolve(folder));
  const chunk = await largestBatch(
    isStudy ? runsBelow(folder) : [folder, ...runsBelow(studyFolder)],
  );
  for (const runPath of isStudy ? runsBelow(folder) : [folder]) {
    const { folder: runFolder, run } = await RunFolder.read(runPath);
    const checkpoint = await runFolder.latestCheckpoint();
    const meta = await runFolder.readMeta();
    if (isStudy && meta?.status === 'diverged') {
      observer.note(`${run.id}: left out, its training diverged`);
      continue;
    }
    if (!checkpoint?.final) {
      throw new InputError(
        meta?.status === 'diverged'
          ? `${runPath}: the training of this run diverged; there are no final weights to measure at.`
          : `${runPath}: expected a run that is trained to its end; run its study first.`,
      );
    }
    const { data, engine: engineName } = run.training;
    const dataset = loadDataset(data.name, data);
    const measureOn = chosenSamples(samples, subsetSeed, dataset.train.samples);
    const engine = interruptible(await openEngine(engineName), signal);
    const bench = new Workbench(run.training, engine, measureOn, chunk, dataset);
    try {
      const model = await runFolder.readCheckpoint(checkpoint, bench.network);
      for (const measure of measures) {
        const one = { run, folder: runFolder, model };
        const { result } = await measureRun(bench, one, measure, observer);
        found.push({ run: run.id, result });
      }
    } finally {
      await bench.release();
    }
  }
  return found;
}

/** Samples that share batch statistics by default: as in the study, its largest batch size. */
async function largestBatch(runs: string[]): Promise<number> {
  const read = await Promise.all(runs.map((run) => RunFolder.read(run)));
  return Math.max(...read.map(({ run }) => run.training.batch));
}

function isRun(folder: string): boolean {
  return existsSync(path.join(folder, 'config.yaml'));
}

function runsBelow(folder: string): string[] {
  const below = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => path.join(folder, entry.name))
        .filter(isRun)
        .sort()
    : [];
  if (below.length > 0) return below;
  throw new InputError(
    `${folder}: expected a run folder (runs/<study>/<run>) or the folder of a study with runs in it.`,
  );
}
