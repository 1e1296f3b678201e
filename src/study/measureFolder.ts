import { existsSync } from 'node:fs';
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
import { readStudyRecord } from './studyRecord.js';
import { chosenSamples, Workbench } from './workbench.js';

export interface MeasureFolderOptions {
  samples: 'all' | number;
  subsetSeed: number;
  observer: Observer;
  signal?: AbortSignal;
}

/**
 * Measures at the final weights of a run, or of every run of the study that was last run in a folder;
 * results are stored in the run folders like a study's own. Runs of the study that diverged are left out.
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
  const { runs, chunk } = isStudy ? await runsOfStudy(folder) : await singleRun(folder);
  for (const runPath of runs) {
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
          : `${runPath}: ${notTrained}`,
      );
    }
    const { data, engine: engineName } = run.training;
    const dataset = loadDataset(data.name, data);
    const measureOn = chosenSamples(samples, subsetSeed, dataset.train.samples);
    const engine = interruptible(await openEngine(engineName), signal);
    const bench = new Workbench(
      run.training,
      engine,
      measureOn,
      chunk ?? run.training.batch,
      dataset,
    );
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

const notTrained = 'expected a run that is trained to its end; run its study first.';

function isRun(folder: string): boolean {
  return existsSync(path.join(folder, 'config.yaml'));
}

/** The runs to measure, and how many samples share batch statistics by default; undefined: a batch. */
interface Chosen {
  runs: string[];
  chunk?: number;
}

async function runsOfStudy(folder: string): Promise<Chosen> {
  const study = await readStudyRecord(folder);
  if (study) {
    const runs = study.runs.map((run) => path.join(folder, run)).sort();
    const missing = runs.find((run) => !isRun(run));
    if (missing === undefined) return { runs, chunk: study.chunk };
    throw new InputError(`${missing}: ${notTrained}`);
  }
  throw new InputError(
    `${folder}: expected a run folder (runs/<study>/<run>) or the folder of a study with runs in it.`,
  );
}

/** As in its study, unless the study has changed since and has this run no more. */
async function singleRun(folder: string): Promise<Chosen> {
  const { dir, base } = path.parse(path.resolve(folder));
  const study = await readStudyRecord(dir);
  return { runs: [folder], chunk: study?.runs.includes(base) ? study.chunk : undefined };
}
