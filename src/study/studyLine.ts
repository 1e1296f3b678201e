import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../atomicFile.js';
import { InputError } from '../error.js';
import { alphaGrid, line } from '../landscape/line.js';
import { modelHash } from '../network/model.js';
import { canonicalJson } from './canonical.js';
import type { Observer } from './observer.js';
import type { ResolvedStudy } from './resolve.js';
import type { LineResult } from './results.js';
import { lineResult } from './stored.js';
import type { TrainedRun } from './trainRun.js';
import { version } from './versions.js';
import { samplesSlug, type Workbench } from './workbench.js';

/**
 * Loss and accuracy along the line between the models of two regimes of one seed, on batch statistics;
 * the stored result where it was computed from the same weights, grid and samples by this version.
 */
export async function studyLine(
  bench: Workbench,
  folder: string,
  options: NonNullable<ResolvedStudy['line']>,
  from: TrainedRun,
  to: TrainedRun,
  observer: Observer,
): Promise<LineResult> {
  const { seed } = from.run;
  const provenance = bench.provenance({ batchNorm: 'batch' });
  const slug = `line-${options.from}-${options.to}-seed${seed}-${samplesSlug(provenance)}`;
  const file = path.join(folder, `${slug}.json`);
  const inputs = {
    version,
    options,
    from: modelHash(from.model),
    to: modelHash(to.model),
    provenance,
  };
  const stored = await readStored(file);
  const name = `line from ${options.from} to ${options.to}, seed ${seed}`;
  if (stored && canonicalJson(stored.inputs) === canonicalJson(inputs)) {
    observer.note(`${name}: there before`);
    return stored.result;
  }

  const objectives = {
    train: bench.objective('train', { batchNorm: 'batch' }, from.model),
    test: bench.objective('test', { batchNorm: 'batch' }, from.model),
  };
  const task = observer.task(name, options.points);
  const alphas = alphaGrid(options.range, options.points);
  const points = await line(objectives, from.model.weights, to.model.weights, alphas, (done) =>
    task.advance(done, `${done} of ${options.points} points`),
  );
  const result: LineResult = {
    from: options.from,
    to: options.to,
    seed,
    batchNorm: provenance.batchNorm,
    trainSamples: objectives.train.samples,
    testSamples: objectives.test.samples,
    points,
  };
  await writeAtomically(file, [`${JSON.stringify({ inputs, result }, null, 2)}\n`]);
  task.finish(`${points.length} points`);
  return result;
}

const storedSchema = z.object({ inputs: z.unknown(), result: lineResult });

async function readStored(file: string): Promise<z.output<typeof storedSchema> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return storedSchema.parse(JSON.parse(text));
  } catch {
    throw new InputError(`${file}: this is damaged JSON; delete the file to have it made again.`);
  }
}
