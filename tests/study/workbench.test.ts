import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import { Workbench } from '../../src/study/workbench.js';

const split = { inputs: new Float32Array(4), labels: Int32Array.of(0, 1), samples: 2 };
const dataset: Dataset = {
  name: 'pairs',
  inputShape: [2],
  classes: 2,
  published: 2,
  train: split,
  test: split,
  hash: 'h',
  normalise: 'unit',
  mean: [0],
  sd: [1],
};
const training = {
  network: {
    name: 'mlp' as const,
    hidden: [2],
    activation: 'relu' as const,
    batchNorm: false,
    dropout: 0,
  },
  initializer: 'glorot-uniform' as const,
  batchNorm: { epsilon: 1e-3, momentum: 0.99 },
  l2: 0,
};

describe('a workbench', () => {
  it('keeps the last random subspace, of its own network, until it is released', async () => {
    const bench = new Workbench(training, cpuEngine(), { samples: 2, seed: null }, 2, dataset);
    const first = await bench.subspace(3, 'none', 1);
    expect(first.size).toBe(bench.network.size);
    expect(await bench.subspace(3, 'none', 1)).toBe(first);
    expect(await bench.subspace(3, 'unit', 1)).not.toBe(first);
    const other = await bench.subspace(3, 'none', 2);
    expect([other.columns, other.scaling, other.seed]).toEqual([3, 'none', 2]);
    await bench.release();
    expect(await bench.subspace(3, 'none', 2)).not.toBe(other);
  });
});
