import { createHash } from 'node:crypto';
import { elementCount } from '../program/program.js';
import { RandomStream } from '../random.js';
import { initialize } from './initializers.js';
import type { Network } from './network.js';

/** Values of a network's weights and state, each in one array with the tensors one after the other. */
export interface Model {
  weights: Float32Array;
  state: Float32Array;
}

/** Views of a flat array, one a tensor, by name, in the order of `specs`. */
export function views(
  flat: Float32Array,
  specs: readonly { name: string; shape: number[] }[],
  rename: (name: string) => string = (name) => name,
): Record<string, Float32Array> {
  const found: Record<string, Float32Array> = {};
  let offset = 0;
  for (const { name, shape } of specs) {
    const end = offset + elementCount(shape);
    found[rename(name)] = flat.subarray(offset, end);
    offset = end;
  }
  return found;
}

/** A network's weights at the start of training; one stream a tensor, so that layers do not move each other. */
export function initialModel(network: Network, seed: number): Model {
  const weights = new Float32Array(network.size);
  const tensors = views(weights, network.weights);
  for (const { name, shape, initializer } of network.weights) {
    initialize(
      tensors[name],
      shape,
      initializer,
      new RandomStream(seed, `initial weights ${name}`),
    );
  }
  const state = new Float32Array(
    network.state.reduce((total, { shape }) => total + elementCount(shape), 0),
  );
  const statistics = views(state, network.state);
  for (const { name, initial } of network.state) statistics[name].fill(initial);
  return { weights, state };
}

/** SHA-256 over weights and state, hexadecimal. */
export function modelHash({ weights, state }: Model): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [weights, state])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
