/** Element types that programs hold. `bool` is one byte an element. */
export type DType = 'float32' | 'int32' | 'bool';

export type Data = Float32Array | Int32Array | Uint8Array;

export interface TensorSpec {
  shape: number[];
  dtype: DType;
}

/** Index into `Program.values`. */
export type ValueId = number;

/** A value known while tracing: one number for all elements, or the elements themselves. */
export type Constant = { fill: number } | { data: Data };

/** One kernel call. Inputs are in the order that the kernel's definition names them. */
export interface Node {
  kernel: string;
  inputs: ValueId[];
  attrs: Attributes;
  outputs: ValueId[];
}

export type Attributes = Record<string, unknown>;

export interface Port {
  name: string;
  value: ValueId;
}

/**
 * A pure function of tensors as a list of TensorFlow.js kernel calls in the order they were made, so
 * that every node comes after those it reads. Memory layout is the engine's business: shapes here
 * are those TensorFlow.js sees (NHWC).
 */
export interface Program {
  values: TensorSpec[];
  inputs: Port[];
  constants: Map<ValueId, Constant>;
  nodes: Node[];
  outputs: Port[];
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** A zero-filled array of `count` elements of the type. */
export function allocate(dtype: DType, count: number): Data {
  if (dtype === 'float32') return new Float32Array(count);
  return dtype === 'int32' ? new Int32Array(count) : new Uint8Array(count);
}

/** The elements of a constant, a fill spelled out. */
export function constantData(constant: Constant, spec: TensorSpec): Data {
  if ('data' in constant) return constant.data;
  return allocate(spec.dtype, elementCount(spec.shape)).fill(constant.fill);
}

/** The same program with only the outputs of the given names, in the given order. */
export function select(program: Program, names: readonly string[]): Program {
  const outputs = names.map((name) => {
    const port = program.outputs.find((output) => output.name === name);
    if (!port) throw new Error(`The program has no output "${name}".`);
    return port;
  });
  return { ...program, outputs };
}
