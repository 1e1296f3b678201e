import path from 'node:path';
import { loadDataset } from '../data/dataset.js';
import { openEngine } from '../engine/choose.js';
import { interruptible } from './interruptible.js';
import { loadStudy } from './load.js';
import { measureRun } from './measureRun.js';
import { type Observer, silent } from './observer.js';
import { type ResolvedStudy, resolveData, resolveStudy } from './resolve.js';
import type { LineResult, StudyResults } from './results.js';
import { RunFolder } from './runFolder.js';
import { studyLine } from './studyLine.js';
import { lockStudy } from './studyLock.js';
import { writeStudyRecord } from './studyRecord.js';
import { type TrainedRun, trainRun } from './trainRun.js';
import { hardware, version } from './versions.js';
import { chosenSamples, Workbench } from './workbench.js';

/** What the command line may say differently from the study file; none of it changes trained weights. */
export interface RunOptions {
  /** Folder of the run folders. Default `runs`. */
  root?: string;
  /** Training samples to measure on: all, or so many of the study's seeded subset. */
  samples?: 'all' | number;
  threads?: number;
  /** Noted in the results. */
  argv?: string[];
  signal?: AbortSignal;
}

/** A study's results, and where its run folders and report belong. */
export interface StudyOutcome {
  study: ResolvedStudy;
  results: StudyResults;
  folder: string;
}

/**
 * Runs a study: trains every regime and seed, measures at the final weights, draws the lines. What the
 * run folders already hold is not done again, so a study that was stopped goes on where it was.
 *
 * @throws InputError for a mistake in the study file, damaged data or run folders, and where another
 *   process runs the same study; the signal's reason once it is aborted.
 */
export async function runStudy(
  file: string,
  observer: Observer = silent,
  options: RunOptions = {},
): Promise<StudyOutcome> {
  const { root = 'runs', argv = [], signal } = options;
  const parsed = loadStudy(file);
  const data = resolveData(parsed.study.data);
  const dataset = loadDataset(data.name, data);
  const study = resolveStudy(parsed, { samples: dataset.train.samples, hash: dataset.hash });
  const { samples } = options;
  const measureOn =
    samples === undefined
      ? study.measureOn
      : chosenSamples(samples, study.measureOn.seed ?? 1, dataset.train.samples);
  const threads = options.threads ?? study.engine.threads ?? undefined;
  const engine = interruptible(await openEngine(study.engine.name, { threads }), signal);
  const chunk = Math.max(...study.runs.map(({ training }) => training.batch));
  const bench = new Workbench(study.runs[0].training, engine, measureOn, chunk, dataset);
  const folder = path.join(root, study.name);
  const unlock = await lockStudy(folder);
  try {
    await writeStudyRecord(folder, { chunk, runs: study.runs.map(({ id }) => id) });
    const trained: TrainedRun[] = [];
    for (const run of study.runs) {
      const runFolder = await RunFolder.open(root, study.name, run);
      trained.push(await trainRun(bench, run, runFolder, argv, observer, signal));
    }
    // By seed, so that the regimes of a seed share its random subspace.
    const done = trained.filter(({ result }) => result.status === 'done');
    let storedBefore = 0;
    for (const measure of study.measures) {
      for (const one of [...done].sort((a, b) => a.run.seed - b.run.seed)) {
        const { result, stored } = await measureRun(bench, one, measure, observer);
        one.result.measures.push(result);
        if (stored) storedBefore++;
      }
    }
    if (storedBefore > 0) {
      const all = study.measures.length * done.length;
      observer.note(`measures: ${storedBefore} of ${all} were there before`);
    }
    const lines: LineResult[] = [];
    if (study.line) {
      const { from, to } = study.line;
      for (const start of done.filter(({ run }) => run.regime === from)) {
        const end = done.find(({ run }) => run.regime === to && run.seed === start.run.seed);
        if (end) lines.push(await studyLine(bench, folder, study.line, start, end, observer));
      }
    }
    const results: StudyResults = {
      name: study.name,
      version,
      command: ['basin', ...argv].join(' '),
      hardware: hardware(),
      engine: { name: engine.name, version: engine.version, threads: engine.threads },
      data: {
        name: dataset.name,
        hash: dataset.hash,
        trainSamples: dataset.train.samples,
        of: dataset.published,
        subsetSeed: data.train?.seed ?? null,
        testSamples: dataset.test.samples,
        normalise: dataset.normalise,
      },
      network: {
        name: bench.network.name,
        weights: bench.network.size,
        batchNorm: bench.network.state.length > 0,
      },
      l2: study.l2,
      charts: study.report,
      runs: trained.map(({ result }) => result),
      lines,
    };
    return { study, results, folder };
  } finally {
    await bench.release();
    await unlock();
  }
}
