import type { Normalisation } from '../data/dataset.js';
import { InputError, suggestion } from '../error.js';
import type { Initializer } from '../network/initializers.js';
import { hash8 } from './canonical.js';
import { evaluate } from './expression.js';
import type { KeyPath, StudyFile } from './load.js';
import { type MeasureName, type ResolvedMeasure, expandMeasure } from './measures.js';
import { type ChartName, type Study, mostSeeds, optimizerOptions } from './schema.js';

type Mapping<Union> = Exclude<Union, string | number | readonly unknown[]>;
type Networks = Mapping<Study['network']>;
type Optimizers = Mapping<Study['regimes'][string]['optimizer']>;

/** A network by its name, with the options of a free-form one. */
export type ResolvedNetwork =
  | { name: Extract<Study['network'], string> }
  | ({ name: 'mlp' } & NonNullable<Networks['mlp']>)
  | ({ name: 'cnn' } & NonNullable<Networks['cnn']>);

/** An optimizer by its name, with all its constants. */
export type ResolvedOptimizer =
  | { name: 'sgd' }
  | { name: 'momentum' | 'nesterov'; momentum: number }
  | ({ name: 'adam' } & NonNullable<Optimizers['adam']>);

/** A data set by its name, its scaling, and the part of it that is trained on, if not all. */
export interface ResolvedData {
  name: Study['data'] & string;
  normalise: Normalisation;
  train?: { samples: number; seed: number };
}

/** All that the weights at the end of a run depend on. */
export interface ResolvedTraining {
  data: ResolvedData & { hash: string };
  network: ResolvedNetwork;
  initializer: Initializer;
  batchNorm: { epsilon: number; momentum: number };
  l2: number;
  engine: Study['engine'];
  seed: number;
  batch: number;
  optimizer: ResolvedOptimizer;
  learningRate: number;
  epochs: number;
}

/** One model to train: a regime and a seed. */
export interface ResolvedRun {
  /** `<regime>-seed<k>-<hash8>`, where the hash is of `training`. */
  id: string;
  regime: string;
  seed: number;
  training: ResolvedTraining;
}

/** Training samples that are measured on; the seed of a subset, null for all. */
export interface ResolvedSamples {
  samples: number;
  seed: number | null;
}

/** A study with every expression evaluated and every default in place. */
export interface ResolvedStudy {
  name: string;
  data: ResolvedData;
  network: ResolvedNetwork;
  engine: { name: Study['engine']; threads: number | null };
  l2: number;
  /** Regimes in the order of the file, and each one's seeds in theirs. */
  runs: ResolvedRun[];
  measureOn: ResolvedSamples;
  measures: ResolvedMeasure[];
  line: NonNullable<Study['line']> | null;
  report: ChartName[];
}

/**
 * Fills in what depends on the data: `data.samples` is the number N of training samples and
 * `data.hash` the data set's hash. Nothing is loaded.
 *
 * An expression for the batch size sees N, one for the learning rate N and B, the batch size.
 *
 * @throws InputError with the place in the study file: an expression that cannot be evaluated, a batch
 *   size that is not from 1 to N after rounding, a learning rate that is not positive, a subset larger
 *   than the data, a measure that is listed twice, a line between unknown or equal regimes.
 */
export function resolveStudy(
  { study, where }: StudyFile,
  data: { samples: number; hash: string },
): ResolvedStudy {
  const dataset = resolveData(study.data);
  const network = resolveNetwork(study.network);
  const runs = Object.entries(study.regimes).flatMap(([name, regime]) => {
    const resolved = resolveRegime(name, regime, data.samples, where);
    return resolveSeeds(study.seeds, where).map((seed): ResolvedRun => {
      const training: ResolvedTraining = {
        data: { ...dataset, hash: data.hash },
        network,
        initializer: study.initializer,
        batchNorm: study.batchNorm,
        l2: study.l2,
        engine: study.engine,
        seed,
        ...resolved,
      };
      return { id: `${name}-seed${seed}-${hash8(training)}`, regime: name, seed, training };
    });
  });
  return {
    name: study.name,
    data: dataset,
    network,
    engine: { name: study.engine, threads: study.threads ?? null },
    l2: study.l2,
    runs,
    measureOn: resolveSamples(study.measureOn, data.samples, where),
    measures: resolveMeasures(study.measures, where),
    line: resolveLine(study, where),
    report: study.report,
  };
}

type Where = (path: KeyPath) => string;

/** What a study says of its data, with defaults in place. */
export function resolveData(data: Study['data']): ResolvedData {
  return typeof data === 'string' ? { name: data, normalise: 'standardise' } : data;
}

function resolveNetwork(network: Study['network']): ResolvedNetwork {
  if (typeof network === 'string') return { name: network };
  const [[name, options]] = Object.entries(network);
  return { name, ...options } as ResolvedNetwork;
}

function resolveRegime(
  name: string,
  regime: Study['regimes'][string],
  samples: number,
  where: Where,
): Pick<ResolvedTraining, 'batch' | 'optimizer' | 'learningRate' | 'epochs'> {
  const value = (key: 'batch' | 'learningRate', given: number | string, scope: Scope): number =>
    typeof given === 'string' ? evaluate(given, scope, where(['regimes', name, key])) : given;
  const batch = Math.round(value('batch', regime.batch, { N: samples }));
  if (batch < 1 || batch > samples) {
    throw new InputError(
      `${where(['regimes', name, 'batch'])}: expected a batch size from 1 to ${samples}, the number of training samples, found ${batch}.`,
    );
  }
  const optimizer = resolveOptimizer(regime.optimizer);
  const given = regime.learningRate ?? (optimizer.name === 'adam' ? 0.001 : 0.01);
  const learningRate = value('learningRate', given, { N: samples, B: batch });
  if (learningRate <= 0) {
    throw new InputError(
      `${where(['regimes', name, 'learningRate'])}: expected a positive learning rate, found ${learningRate}.`,
    );
  }
  return { batch, optimizer, learningRate, epochs: regime.epochs };
}

type Scope = Record<string, number>;

function resolveOptimizer(optimizer: Study['regimes'][string]['optimizer']): ResolvedOptimizer {
  const [[name, options]] =
    typeof optimizer === 'string'
      ? [[optimizer, optimizerOptions[optimizer].parse({})] as const]
      : Object.entries(optimizer);
  return { name, ...options } as ResolvedOptimizer;
}

function resolveSeeds(seeds: Study['seeds'], where: Where): number[] {
  if (typeof seeds === 'number') return Array.from({ length: seeds }, (_, i) => i + 1);
  if (typeof seeds !== 'string') return seeds;
  const [first, end] = seeds.match(/\d+/g)!.map(Number);
  if (end <= first || end - first > mostSeeds) {
    throw new InputError(
      `${where(['seeds'])}: expected a range of 1 to ${mostSeeds} seeds (its end is left out), found ${seeds}.`,
    );
  }
  return Array.from({ length: end - first }, (_, i) => first + i);
}

function resolveSamples(
  measureOn: Study['measureOn'],
  samples: number,
  where: Where,
): ResolvedSamples {
  if (measureOn === 'all') return { samples, seed: null };
  if (measureOn.samples > samples) {
    throw new InputError(
      `${where(['measureOn', 'samples'])}: expected at most ${samples}, the number of training samples, found ${measureOn.samples}.`,
    );
  }
  return measureOn;
}

function resolveMeasures(measures: Study['measures'], where: Where): ResolvedMeasure[] {
  const seen = new Set<string>();
  return measures.flatMap((entry, i) => {
    const [[name, options]] = Object.entries(typeof entry === 'string' ? { [entry]: {} } : entry);
    const resolved = expandMeasure(name as MeasureName, options);
    for (const { label } of resolved) {
      if (seen.has(label)) {
        throw new InputError(`${where(['measures', i])}: the measure "${label}" is listed twice.`);
      }
      seen.add(label);
    }
    return resolved;
  });
}

function resolveLine({ line, regimes }: Study, where: Where): ResolvedStudy['line'] {
  if (line === undefined) return null;
  const names = Object.keys(regimes);
  for (const end of ['from', 'to'] as const) {
    if (!Object.hasOwn(regimes, line[end])) {
      throw new InputError(
        `${where(['line', end])}: unknown regime "${line[end]}"${suggestion(line[end], names) || `, expected one of: ${names.join(', ')}.`}`,
      );
    }
  }
  if (line.from === line.to) {
    throw new InputError(`${where(['line', 'to'])}: expected another regime than in "from".`);
  }
  return line;
}
