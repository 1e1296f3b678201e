import type { RunResult, StudyResults } from '../study/results.js';
import type { Row } from './chart.js';

/** Columns of `results.csv`. */
export const measuredColumns = [
  'run',
  'regime',
  'seed',
  'batch',
  'status',
  'measure',
  'label',
  'value',
  'converged',
  'note',
  'samples',
  'of',
  'split',
  'subsetSeed',
  'batchNorm',
  'chunk',
  'l2',
  'engine',
  'seconds',
  'weightsHash',
  'dataHash',
];

/**
 * One record for each number measured at a run's final weights: losses, accuracies and gaps on all
 * samples, then every measure with what it was computed from.
 */
export function measuredRows(results: StudyResults): Row[] {
  return results.runs.flatMap((run) => [...gapRows(results, run), ...measureRows(run)]);
}

function identity({ id, regime, seed, batch, status }: RunResult): Row {
  return { run: id, regime, seed, batch, status };
}

function gapRows({ data, network, engine, l2 }: StudyResults, run: RunResult): Row[] {
  const { gap } = run;
  if (gap === null) return [];
  const { trainSamples, testSamples } = data;
  const record = (label: string, value: number, split: string, samples: number): Row => ({
    ...identity(run),
    measure: 'gap',
    label,
    value,
    converged: true,
    note: '',
    samples,
    of: samples,
    split,
    batchNorm: network.batchNorm ? 'running' : 'none',
    l2,
    engine: engine.name,
    weightsHash: run.weightsHash,
    dataHash: data.hash,
  });
  const both = trainSamples + testSamples;
  return [
    record('train loss', gap.trainLoss, 'train', trainSamples),
    record('train accuracy', gap.trainAccuracy, 'train', trainSamples),
    record('test loss', gap.testLoss, 'test', testSamples),
    record('test accuracy', gap.testAccuracy, 'test', testSamples),
    record('loss gap', gap.lossGap, 'train and test', both),
    record('accuracy gap', gap.accuracyGap, 'train and test', both),
  ];
}

function measureRows(run: RunResult): Row[] {
  return run.measures.map(({ measure, label, value, converged, note, provenance }) => {
    const { samples, of, split, subsetSeed, batchNorm, chunk, l2, engine, seconds } = provenance;
    const { weightsHash, dataHash } = provenance;
    return {
      ...identity(run),
      ...{ measure, label, value, converged, note },
      ...{ samples, of, split, subsetSeed, batchNorm, chunk, l2, engine, seconds },
      ...{ weightsHash, dataHash },
    };
  });
}
