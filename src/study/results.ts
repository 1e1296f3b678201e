import type { LinePoint } from '../landscape/line.js';
import type { GeneralizationGap } from '../statistics/gap.js';
import type { EpochRecord } from '../training/train.js';

/** What a study found: the content of `results.json`, and all that reports are drawn from. */
export interface StudyResults {
  name: string;
  /** Version of basin that made it. */
  version: string;
  /** The command line that made it. */
  command: string;
  hardware: { cpu: string; cores: number; memoryGiB: number; os: string; node: string };
  engine: { name: string; version: string; threads: number };
  data: {
    name: string;
    /** SHA-256 over the files, hexadecimal. */
    hash: string;
    /** Training samples, out of how many published ones, and the seed of such a part (null: all). */
    trainSamples: number;
    of: number;
    subsetSeed: number | null;
    testSamples: number;
    /** How inputs were scaled, as written in the study: `standardise` or `unit`. */
    normalise: string;
  };
  network: { name: string; weights: number; batchNorm: boolean };
  /** Every loss includes l2/2 ||w||^2. */
  l2: number;
  /** Names of the charts that the report shows, in its own order. */
  charts: string[];
  runs: RunResult[];
  lines: LineResult[];
}

/** One trained model: a regime and a seed. */
export interface RunResult {
  /** Name of the run folder: `<regime>-seed<k>-<hash8>`. */
  id: string;
  regime: string;
  seed: number;
  batch: number;
  optimizer: string;
  learningRate: number;
  epochs: number;
  steps: number;
  seconds: number;
  /** `diverged`: loss or weights were no longer finite after `steps` updates. */
  status: 'done' | 'diverged';
  /** SHA-256 of the final weights, hexadecimal; of the initial ones. */
  weightsHash: string;
  initialWeightsHash: string;
  history: EpochRecord[];
  /** Whole training and test set at the final weights, running statistics; null after divergence. */
  gap: GeneralizationGap | null;
  measures: MeasureResult[];
}

/** One number that was measured at a run's final weights, with what it was computed from. */
export interface MeasureResult {
  /** Name in the registry: `keskar`, `hessian-top`, … */
  measure: string;
  /** Short label for tables and charts: `keskar full eps=1e-3`. */
  label: string;
  /** All options after defaults, as they stand in the study file. */
  options: Record<string, unknown>;
  value: number;
  /** Whether the method met its own tolerance; a reader is told wherever the value is shown. */
  converged: boolean;
  /** Why it stopped, what was restarted, what failed: one sentence, empty if there is nothing to say. */
  note: string;
  /** What the method reports beside the value: iterations, residual, start and end value … */
  details: Record<string, unknown>;
  provenance: {
    weightsHash: string;
    dataHash: string;
    /** Samples measured on, out of how many of which split, and the subset's seed (null: all). */
    samples: number;
    of: number;
    split: 'train' | 'test';
    subsetSeed: number | null;
    batchNorm: 'running' | 'batch' | 'none';
    /** Samples that share batch statistics; null where `batchNorm` is not `batch`. */
    chunk: number | null;
    l2: number;
    engine: string;
    seed: number;
    seconds: number;
  };
}

/** f((1 - alpha) w_from + alpha w_to) along the line between two runs of one seed. */
export interface LineResult {
  from: string;
  to: string;
  seed: number;
  batchNorm: 'running' | 'batch' | 'none';
  trainSamples: number;
  testSamples: number;
  points: LinePoint[];
}
