/** An array in row-major order. */
export interface Tensor {
  shape: number[];
  data: Float64Array;
}

/** A weight (or state, mask, gradient part …) with its name, such as `dense1/kernel`. */
export interface NamedTensor extends Tensor {
  name: string;
}

/** A tensor as the fixtures store it: base64 of little-endian float64. */
export interface StoredTensor {
  shape: number[];
  data: string;
}

export interface StoredNamedTensor extends StoredTensor {
  name: string;
}

export function decode({ shape, data }: StoredTensor): Tensor {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64')); // a copy of its own is aligned
  return { shape, data: new Float64Array(bytes.buffer) };
}

export function decodeNamed(stored: StoredNamedTensor[]): NamedTensor[] {
  return stored.map((tensor) => ({ name: tensor.name, ...decode(tensor) }));
}

/** All entries one after the other, as in a weight vector. */
export function flat(tensors: Tensor[]): Float64Array {
  return Float64Array.from(tensors.flatMap(({ data }) => [...data]));
}
