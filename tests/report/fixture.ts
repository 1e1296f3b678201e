import type { GeneralizationGap } from '../../src/statistics/gap.js';
import type { EpochRecord } from '../../src/training/train.js';
import type {
  LineResult,
  MeasureResult,
  RunResult,
  StudyResults,
} from '../../src/study/results.js';

const digits = (value: number) => Number(value.toPrecision(6));
const hash = (digit: number) => digit.toString(16).repeat(64);

interface Shape {
  regime: string;
  seed: number;
  batch: number;
  epochs: number;
  speed: number;
  testError: number;
  sharpness: number;
  top: number;
}

function history({ epochs, speed, testError, seed }: Shape): EpochRecord[] {
  return Array.from({ length: epochs }, (_, i) => {
    const wave = 1 + 0.08 * Math.sin(3 * i + seed) + 0.25 * (seed - 1.5);
    const left = Math.exp(-speed * (i + 1)) * wave;
    return {
      epoch: i + 1,
      step: 100 * (i + 1),
      trainLoss: digits(2.3 * left + 0.0012),
      trainAccuracy: digits(1 - 0.5 * left),
      testLoss: digits(2.3 * left + 3 * testError + 0.002 * i),
      testAccuracy: digits(1 - 0.5 * left - testError * wave),
      learningRate: 0.001,
      seconds: 1.5,
    };
  });
}

function gapOf({
  trainLoss,
  trainAccuracy,
  testLoss,
  testAccuracy,
}: EpochRecord): GeneralizationGap {
  return {
    trainLoss,
    trainAccuracy,
    testLoss,
    testAccuracy,
    lossGap: digits(testLoss - trainLoss),
    accuracyGap: digits(trainAccuracy - testAccuracy),
  };
}

function provenance(seed: number): MeasureResult['provenance'] {
  return {
    weightsHash: hash(seed),
    dataHash: hash(13),
    samples: 8000,
    of: 60000,
    split: 'train',
    subsetSeed: 7,
    batchNorm: 'running',
    chunk: null,
    l2: 0,
    engine: 'onnx',
    seed,
    seconds: 2.5,
  };
}

function measures(shape: Shape): MeasureResult[] {
  const { seed, regime } = shape;
  const wobble = 1 + 0.2 * (seed - 1.5);
  const keskar = (['full', 100] as const).flatMap((space) =>
    [1e-3, 5e-4].map((epsilon): MeasureResult => {
      const failed = regime === 'LB' && seed === 2 && space === 'full' && epsilon === 1e-3;
      return {
        measure: 'keskar',
        label: `keskar ${space === 'full' ? 'full' : `${space}d`} eps=${epsilon.toExponential()}`,
        options: { epsilon, space, iterations: 10, scaling: 'normal', batchNorm: 'running' },
        value: digits(
          shape.sharpness * wobble * (space === 'full' ? 1 : 0.06) * (epsilon / 1e-3) ** 1.5,
        ),
        converged: !failed,
        note: failed ? 'the line search failed after 4 iterations, the best point is used' : '',
        details: { iterations: failed ? 4 : 10 },
        provenance: provenance(seed),
      };
    }),
  );
  return [
    ...keskar,
    {
      measure: 'hessian-top',
      label: 'hessian-top',
      options: { k: 1, tolerance: 1e-3, maxProducts: 100, batchNorm: 'running' },
      value: digits(shape.top * wobble),
      converged: true,
      note: '',
      details: { residual: digits(shape.top * 5e-4), products: 40 },
      provenance: provenance(seed),
    },
  ];
}

function run(shape: Shape): RunResult {
  const epochs = history(shape);
  return {
    id: `${shape.regime}-seed${shape.seed}-0123abcd`,
    regime: shape.regime,
    seed: shape.seed,
    batch: shape.batch,
    optimizer: 'adam',
    learningRate: 0.001,
    epochs: shape.epochs,
    steps: 100 * shape.epochs,
    seconds: 60,
    status: 'done',
    weightsHash: hash(shape.seed),
    initialWeightsHash: hash(10 + shape.seed),
    history: epochs,
    gap: gapOf(epochs[epochs.length - 1]),
    measures: measures(shape),
  };
}

/** The run as it stands when its loss stops being finite after three epochs. */
export function divergedRun(done: RunResult): RunResult {
  const history = done.history
    .slice(0, 4)
    .map((epoch, i) => (i < 3 ? epoch : { ...epoch, trainLoss: NaN, testLoss: Infinity }));
  return { ...done, status: 'diverged', steps: 312, gap: null, measures: [], history };
}

function line(seed: number): LineResult {
  const points = Array.from({ length: 16 }, (_, i) => {
    const alpha = digits(-1 + i / 5);
    // Two basins, the one at 1 four times narrower, with a barrier in between.
    const rise = Math.min(alpha ** 2, 4 * (alpha - 1) ** 2) * (1 + 0.2 * seed);
    return {
      alpha,
      trainLoss: digits(0.002 + 2 * rise),
      trainAccuracy: digits(Math.max(0.1, 1 - 0.4 * rise)),
      testLoss: digits(0.08 + 2.1 * rise),
      testAccuracy: digits(Math.max(0.1, 0.98 - 0.4 * rise)),
    };
  });
  return {
    from: `SB-seed${seed}-0123abcd`,
    to: `LB-seed${seed}-0123abcd`,
    seed,
    batchNorm: 'running',
    trainSamples: 8000,
    testSamples: 10000,
    points,
  };
}

const sb = { regime: 'SB', batch: 256, epochs: 10, speed: 0.9, testError: 0.018 };
const lb = { regime: 'LB', batch: 6000, epochs: 16, speed: 0.45, testError: 0.023 };

/**
 * A made-up study: SB and LB with two seeds, a third LB run that diverged, Keskar sharpness for two
 * epsilons in two spaces (one value not converged), the top eigenvalue and the line for each seed.
 */
export function fixture(): StudyResults {
  return {
    name: 'mnist-f1',
    version: '0.1.0',
    command: 'basin run examples/mnist.yaml',
    hardware: { cpu: 'Example CPU', cores: 2, memoryGiB: 8, os: 'linux 6.1', node: '20.20.0' },
    engine: { name: 'onnx', version: '1.30.0', threads: 2 },
    data: {
      name: 'mnist',
      hash: hash(13),
      trainSamples: 60000,
      of: 60000,
      subsetSeed: null,
      testSamples: 10000,
      normalise: 'standardise',
    },
    network: { name: 'f1', weights: 1462794, batchNorm: true },
    l2: 0,
    charts: ['gap', 'sharpness', 'hessian-top', 'parametric-line', 'training-curves'],
    runs: [
      run({ ...sb, seed: 1, sharpness: 1.2, top: 6.1 }),
      run({ ...lb, seed: 1, sharpness: 210, top: 95 }),
      run({ ...sb, seed: 2, sharpness: 1.4, top: 7.4, testError: 0.019 }),
      run({ ...lb, seed: 2, sharpness: 190, top: 120, testError: 0.0245 }),
      divergedRun(run({ ...lb, seed: 3, sharpness: 200, top: 100 })),
    ],
    lines: [line(1), line(2)],
  };
}
