import type { OnnxNode } from './onnxNode.js';
import type { Attributes, TensorSpec } from './program.js';
import type { Tensor } from './tensorflow.js';

/** What a tangent rule sees of one kernel call. */
export interface TangentCall {
  inputs: Tensor[];
  outputs: Tensor[];
  /** One an input; null is an exact zero. */
  tangents: (Tensor | null)[];
  attrs: Attributes;
}

/**
 * All that basin knows of one TensorFlow.js kernel. A family of kernels lies in one file of
 * `program/kernels/`; `registry.ts` lists them.
 */
export interface Kernel {
  name: string;
  /** Names in TensorFlow.js' input map, in the order that `Node.inputs` has; `list` for an array. */
  inputs: readonly string[] | 'list';
  shape(inputs: TensorSpec[], attrs: Attributes): TensorSpec | TensorSpec[];
  /**
   * Tangents of the outputs, written in TensorFlow.js operations, for at least one non-null input
   * tangent. Null is an exact zero. `zero` marks kernels that are locally constant.
   */
  tangent: 'zero' | ((call: TangentCall) => Tensor | null | (Tensor | null)[]);
  /** Writes the call as ONNX nodes. A kernel without it is decomposed before it is lowered. */
  onnx?(node: OnnxNode): void;
  /**
   * The same function in kernels that TensorFlow.js' own backends have: for kernels that only basin
   * has, and for those whose TensorFlow.js implementation is not to be trusted.
   */
  decompose?(inputs: Tensor[], attrs: Attributes): Tensor[];
  /** Whether outputs are whole numbers: a cast to an integer type and back changes nothing. */
  integral?(attrs: Attributes): boolean;
}
