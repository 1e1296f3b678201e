import { appendFile, readFile, readdir, truncate } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { makeFolder, unwritable, writeAtomically } from '../atomicFile.js';
import { InputError } from '../error.js';
import type { Network } from '../network/network.js';
import { readCheckpoint } from '../training/checkpoint.js';
import { readSafetensorsMetadata } from '../training/safetensors.js';
import { canonicalJson } from './canonical.js';
import type { ResolvedMeasure } from './measures.js';
import type { ResolvedRun, ResolvedSamples } from './resolve.js';
import type { EpochRecord, TrainingState } from '../training/train.js';
import type { MeasureResult } from './results.js';
import { epochRecord, measureResult, runConfig } from './stored.js';

/** How and where a run was made, and how far it came: `meta.json`. */
export type RunMeta = z.output<typeof metaSchema>;
const metaSchema = z.object({
  versions: z.record(z.string(), z.string()),
  host: z.string(),
  seed: z.number(),
  argv: z.array(z.string()),
  /** `diverged`: the loss was no longer finite; the last good checkpoint is the final one. */
  status: z.enum(['running', 'done', 'diverged']),
  /** The update at which it diverged. */
  divergedAt: z.number().optional(),
});

/** A checkpoint's file and step; `final` if training ended with it. */
export interface Checkpoint {
  file: string;
  step: number;
  final: boolean;
}

/** What a measure's value depends on; stored with it, and compared before it is used again. */
export interface MeasureInputs {
  /** Of basin. */
  version: string;
  measure: ResolvedMeasure['measure'];
  options: Record<string, unknown>;
  /** SHA-256 of the weights. */
  weightsHash: string;
  measureOn: ResolvedSamples;
}

/**
 * The folder of one run, `<root>/<study>/<regime>-seed<k>-<hash8>/`:
 *
 * - `config.yaml`: all that the weights depend on; `meta.json`: versions, host, seed, argv, status;
 * - `metrics.jsonl`: one line an epoch, appended; `log.txt`: messages, appended;
 * - `checkpoints/step-<n>.safetensors`, of which the last has `final: "true"` in its metadata;
 * - `measures/<slug>.json`: a measure's result and what it was computed from.
 *
 * All but the appended files are replaced as a whole. Damaged content is never deleted, overwritten or
 * passed over: each method throws an InputError that names the file and says to delete it.
 */
export class RunFolder {
  private constructor(readonly path: string) {}

  /**
   * Opens a run's folder, made if it is missing.
   *
   * @throws InputError where it cannot be written, or holds the configuration of another run.
   */
  static async open(root: string, study: string, run: ResolvedRun): Promise<RunFolder> {
    const folder = new RunFolder(path.join(root, study, run.id));
    for (const part of ['checkpoints', 'measures']) {
      await makeFolder(path.join(folder.path, part));
    }
    const file = path.join(folder.path, 'config.yaml');
    const config = { regime: run.regime, ...run.training };
    const stored = await readIfThere(file);
    if (stored === undefined) await writeAtomically(file, [stringify(config)]);
    else if (canonicalJson(parseYaml(file, stored)) !== canonicalJson(config)) {
      throw new InputError(
        `${file}: expected the configuration that this folder is named after, found another; delete or rename the folder ${folder.path}.`,
      );
    }
    return folder;
  }

  /**
   * Opens the folder of a run that exists, and tells from its `config.yaml` which run it is.
   *
   * @throws InputError where there is no configuration or it is damaged.
   */
  static async read(folder: string): Promise<{ folder: RunFolder; run: ResolvedRun }> {
    const file = path.join(folder, 'config.yaml');
    const text = await readIfThere(file);
    if (text === undefined)
      throw new InputError(`${file}: not found; expected the folder of a run.`);
    const config = runConfig.safeParse(parseYaml(file, text));
    if (!config.success) {
      throw new InputError(
        `${file}: this is not the configuration of a run; delete the folder ${folder}.`,
      );
    }
    const { regime, ...training } = config.data;
    const run: ResolvedRun = { id: path.basename(folder), regime, seed: training.seed, training };
    return { folder: new RunFolder(folder), run };
  }

  /** `meta.json`, undefined before the first `writeMeta`. */
  async readMeta(): Promise<RunMeta | undefined> {
    const file = path.join(this.path, 'meta.json');
    const text = await readIfThere(file);
    return text === undefined ? undefined : parseJson(file, text, metaSchema);
  }

  async writeMeta(meta: RunMeta): Promise<void> {
    await writeJson(path.join(this.path, 'meta.json'), meta);
  }

  /** Appends one line to `metrics.jsonl`. */
  async appendMetrics(epoch: EpochRecord): Promise<void> {
    await append(path.join(this.path, 'metrics.jsonl'), `${JSON.stringify(epoch)}\n`);
  }

  /**
   * The epochs that are recorded, at most `lastEpoch`. Lines after it, and a last line that a kill
   * left unfinished, are cut off the file, so that a run that goes on from a checkpoint at the end of
   * `lastEpoch` appends to exactly what it had written by then.
   */
  async resumeMetrics(lastEpoch = Infinity): Promise<EpochRecord[]> {
    const file = path.join(this.path, 'metrics.jsonl');
    const text = (await readIfThere(file)) ?? '';
    const epochs: EpochRecord[] = [];
    let kept = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', kept)) {
      const line = text.slice(kept, end);
      const place = `${file}:${epochs.length + 1}`;
      const remedy = `delete the folder ${this.path} to train again`;
      const epoch = parseJson(place, line, epochRecord, remedy);
      if (epoch.epoch > lastEpoch) break;
      epochs.push(epoch);
      kept = end + 1;
    }
    if (kept < text.length) {
      await truncate(file, Buffer.byteLength(text.slice(0, kept))).catch((error: unknown) => {
        throw unwritable(file, error);
      });
    }
    return epochs;
  }

  /** Where the checkpoint after `step` updates belongs. */
  checkpointFile(step: number): string {
    return path.join(this.path, 'checkpoints', `step-${step}.safetensors`);
  }

  /** The checkpoint with the most updates, from which training goes on, or which is final. */
  async latestCheckpoint(): Promise<Checkpoint | undefined> {
    const steps = (await readdir(path.join(this.path, 'checkpoints')))
      .map((name) => /^step-(\d+)\.safetensors$/.exec(name)?.[1])
      .filter((step) => step !== undefined)
      .map(Number);
    if (steps.length === 0) return undefined;
    const step = Math.max(...steps);
    const file = this.checkpointFile(step);
    const metadata = await readSafetensorsMetadata(file).catch(withRemedy);
    return { file, step, final: metadata.final === 'true' };
  }

  /** What training had arrived at by the latest checkpoint. */
  async readCheckpoint({ file }: Checkpoint, network: Network): Promise<TrainingState> {
    return readCheckpoint(file, network).catch(withRemedy);
  }

  /** The stored result of a measure if it was computed from the same inputs, else undefined. */
  async readMeasure(slug: string, inputs: MeasureInputs): Promise<MeasureResult | undefined> {
    const file = this.measureFile(slug);
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    const stored = parseJson(file, text, measureSchema);
    if (canonicalJson(stored.inputs) !== canonicalJson(inputs)) return undefined;
    return stored.result;
  }

  async writeMeasure(slug: string, inputs: MeasureInputs, result: MeasureResult): Promise<void> {
    await writeJson(this.measureFile(slug), { inputs, result });
  }

  /** Appends a line with the time to `log.txt`. */
  async log(message: string): Promise<void> {
    await append(path.join(this.path, 'log.txt'), `${new Date().toISOString()} ${message}\n`);
  }

  private measureFile(slug: string): string {
    return path.join(this.path, 'measures', `${slug}.json`);
  }
}

function withRemedy(error: unknown): never {
  if (!(error instanceof InputError)) throw error;
  throw new InputError(
    `${error.message} Delete it; training then starts again from the initial weights.`,
  );
}

const measureSchema = z.object({ inputs: z.unknown(), result: measureResult });

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new InputError(`${file}: cannot be read (${code}).`);
  }
}

function parseJson<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
  remedy = 'delete the file to have it made again',
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new InputError(`${file}: this is damaged JSON; ${remedy}.`);
  }
  return parsed.data;
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch {
    throw new InputError(
      `${file}: this is damaged YAML; delete the file to have it written again.`,
    );
  }
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeAtomically(file, [`${JSON.stringify(value, null, 2)}\n`]);
}

async function append(file: string, text: string): Promise<void> {
  await appendFile(file, text).catch((error: unknown) => {
    throw unwritable(file, error);
  });
}
