import { InputError } from '../error.js';
import type { Network } from '../network/network.js';
import { views } from '../network/model.js';
import { elementCount } from '../program/program.js';
import { readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.js';
import type { TrainingState } from './train.js';

/**
 * Writes all that training needs to go on as a safetensors file: one tensor a weight and running
 * statistic under its name, `<slot>/<weight>` for what the optimizer keeps, and the rest as metadata.
 *
 * @throws InputError where the file cannot be written.
 */
export async function writeCheckpoint(
  file: string,
  network: Network,
  state: TrainingState,
  metadata: Record<string, string> = {},
): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, data } of entries(network, state)) tensors.set(name, { shape, data });
  const { epoch, step, order, dropout, slots } = state;
  const progress = JSON.stringify({ epoch, step, order, dropout, slots: Object.keys(slots) });
  await writeSafetensors(file, tensors, { ...metadata, network: network.name, progress });
}

/**
 * Reads a checkpoint back.
 *
 * @throws InputError that names the file if it is missing, damaged, holds NaN or infinity, or is of
 * another network.
 */
export async function readCheckpoint(file: string, network: Network): Promise<TrainingState> {
  const { tensors, metadata } = await readSafetensors(file, { finite: true });
  if (metadata.progress === undefined) {
    throw new InputError(
      `${file}: expected a checkpoint written by basin, found no "progress" in its metadata.`,
    );
  }
  const { epoch, step, order, dropout, slots } = parseProgress(file, metadata.progress);
  const count = (specs: { shape: number[] }[]) =>
    specs.reduce((n, { shape }) => n + elementCount(shape), 0);
  const state: TrainingState = {
    weights: new Float32Array(network.size),
    state: new Float32Array(count(network.state)),
    slots: Object.fromEntries(slots.map((slot) => [slot, new Float32Array(network.size)])),
    epoch,
    step,
    order,
    dropout,
  };
  for (const { name, shape, data } of entries(network, state)) {
    const stored = tensors.get(name);
    if (!stored || stored.shape.join() !== shape.join() || !(stored.data instanceof Float32Array)) {
      const found = stored ? `shape [${stored.shape.join(', ')}]` : 'none';
      throw new InputError(
        `${file}: expected tensor "${name}" of shape [${shape.join(', ')}] for network ${network.name}, found ${found}: the checkpoint is of another network.`,
      );
    }
    data.set(stored.data);
    tensors.delete(name);
  }
  const [other] = tensors.keys();
  if (other !== undefined) {
    throw new InputError(
      `${file}: tensor "${other}" is not of network ${network.name}: the checkpoint is of another network.`,
    );
  }
  return state;
}

function parseProgress(
  file: string,
  text: string,
): Omit<TrainingState, 'slots'> & { slots: string[] } {
  try {
    return JSON.parse(text) as ReturnType<typeof parseProgress>;
  } catch {
    throw new InputError(
      `${file}: the "progress" in its metadata is not JSON: the file is damaged.`,
    );
  }
}

function entries(network: Network, { weights, state, slots }: TrainingState) {
  const list = (flat: Float32Array, specs: { name: string; shape: number[] }[], prefix = '') => {
    const data = views(flat, specs);
    return specs.map(({ name, shape }) => ({ name: prefix + name, shape, data: data[name] }));
  };
  return [
    ...list(weights, network.weights),
    ...list(state, network.state),
    ...Object.entries(slots).flatMap(([slot, flat]) => list(flat, network.weights, `${slot}/`)),
  ];
}
