import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../error.js';
import { openEngine } from '../engine/choose.js';
import { readCheckpoint } from '../training/checkpoint.js';
import { measureRun } from './measureRun.js';
import type { ResolvedMeasure } from './measures.js';
import type { Observer } from './observer.js';
import type { MeasureResult } from './results.js';
import { RunFolder } from './runFolder.js';
import { Workbench } from './workbench.js';

export interface MeasureFolderOptions {
  samples: 'all' | number;
  subsetSeed: number;
  observer: Observer;
  signal?: AbortSignal;
}

/**
 * Measures at the final weights of a run, or of every run of a study's folder; results are stored in
 * the run folders like a study's own.
 *
 * @throws InputError where the folder is no run's or study's, or a run is not trained to its end.
 */
export async function measureFolder(
  folder: string,
  measures: ResolvedMeasure[],
  { samples, subsetSeed, observer, signal }: MeasureFolderOptions,
): Promise<{ run: string; result: MeasureResult }[]> {
  const found: { run: string; result: MeasureResult }[] = [];
  for (const runPath of runsBelow(folder)) {
    const { folder: runFolder, run } = await RunFolder.read(runPath);
    const checkpoint = await runFolder.latestCheckpoint();
    if (!checkpoint?.final) {
      throw new InputError(
        `${runPath}: expected a run that is trained to its end; run its study first.`,
      );
    }
    const engine = await openEngine(run.training.engine);
    const count = samples === 'all' ? { samples: 0, seed: null } : { samples, seed: subsetSeed };
    const bench = new Workbench(run.training, engine, count, run.training.batch);
    try {
      const model = await readCheckpoint(checkpoint.file, bench.network);
      for (const measure of measures) {
        signal?.throwIfAborted();
        const result = await measureRun(
          bench,
          { run, folder: runFolder, model },
          measure,
          observer,
        );
        found.push({ run: run.id, result });
      }
    } finally {
      await bench.release();
    }
  }
  return found;
}

function runsBelow(folder: string): string[] {
  const isRun = (candidate: string) => existsSync(path.join(candidate, 'config.yaml'));
  if (isRun(folder)) return [folder];
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
