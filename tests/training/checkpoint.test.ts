import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { mlp } from '../../src/network/mlp.js';
import { RandomStream } from '../../src/random.js';
import { readCheckpoint, writeCheckpoint } from '../../src/training/checkpoint.js';
import { readSafetensors, writeSafetensors } from '../../src/training/safetensors.js';
import type { TrainingState } from '../../src/training/train.js';

const options = { activation: 'relu', batchNorm: true, dropout: 0.5 } as const;
const network = mlp([3], 2, { hidden: [4, 4], ...options });
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'basin-checkpoint-'));
  file = join(folder, 'last.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

function state(seed: number): TrainingState {
  const stream = new RandomStream(seed, 'state');
  const normal = (length: number) => Float32Array.from({ length }, () => stream.normal());
  return {
    weights: normal(network.size),
    state: normal(16),
    slots: { moment1: normal(network.size), moment2: normal(network.size) },
    epoch: 3,
    step: 42,
    order: { random: stream.state, position: 7 },
    dropout: { words: [1, 2, 3, 4], spare: 0.1 },
  };
}

describe('A checkpoint', () => {
  it('comes back as it was written, bit by bit, with named tensors inside', async () => {
    const written = state(1);
    written.weights[0] = -0;
    written.weights[1] = 1e-42;
    await writeCheckpoint(file, network, written, { regime: 'SB' });
    expect(await readCheckpoint(file, network)).toEqual(written);
    const { tensors, metadata } = await readSafetensors(file);
    expect(tensors.get('dense1/kernel')!.shape).toEqual([3, 4]);
    expect(tensors.get('moment2/norm2/shift')!.shape).toEqual([4]);
    expect(tensors.get('norm1/variance')!.shape).toEqual([4]);
    expect(metadata).toMatchObject({ regime: 'SB', network: 'mlp' });
  });

  it('of another network is refused, smaller or larger or of other shapes', async () => {
    await writeCheckpoint(file, network, state(1));
    for (const other of [
      mlp([3], 2, { hidden: [4], ...options }),
      mlp([3], 2, { hidden: [4, 4, 4], ...options }),
      mlp([5], 2, { hidden: [4, 4], ...options }),
      mlp([3], 2, { hidden: [4, 4], ...options, batchNorm: false }),
    ]) {
      const reading = readCheckpoint(file, other);
      await expect(reading).rejects.toThrow(InputError);
      await expect(reading).rejects.toThrow(/last\.safetensors.*of another network/);
    }
  });

  it('that is damaged anywhere is refused', async () => {
    await writeCheckpoint(file, network, state(1));
    const bytes = await readFile(file);
    for (const position of [0, 9, 200, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[position] ^= 4;
      await writeFile(file, damaged);
      await expect(readCheckpoint(file, network), `byte ${position}`).rejects.toThrow(InputError);
    }
    await writeFile(file, bytes.subarray(0, bytes.length - 10));
    await expect(readCheckpoint(file, network)).rejects.toThrow(InputError);
    await expect(readCheckpoint(join(folder, 'none'), network)).rejects.toThrow('does not exist');
  });

  it('with NaN inside is refused, naming the tensor', async () => {
    const bad = state(1);
    bad.weights[5] = NaN;
    await writeCheckpoint(file, network, bad);
    await expect(readCheckpoint(file, network)).rejects.toThrow('tensor "dense1/kernel" holds NaN');
    const slot = state(1);
    slot.slots.moment2[0] = Infinity;
    await writeCheckpoint(file, network, slot);
    await expect(readCheckpoint(file, network)).rejects.toThrow('tensor "moment2/dense1/kernel" holds Infinity'); // prettier-ignore
  });

  it('that basin did not write is refused', async () => {
    await writeSafetensors(file, new Map());
    await expect(readCheckpoint(file, network)).rejects.toThrow('found no "progress"');
    await writeSafetensors(file, new Map(), { progress: '{' });
    await expect(readCheckpoint(file, network)).rejects.toThrow('is not JSON');
  });
});
