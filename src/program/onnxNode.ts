import type { Attributes, Data, TensorSpec } from './program.js';

/** Order of the axes of a rank-4 value: as TensorFlow.js has it (`nhwc`) or as ONNX wants it. */
export type Layout = 'nhwc' | 'nchw';

export type OnnxAttribute = number | readonly number[] | string | { float: number };

/**
 * One kernel call while it is written as ONNX nodes; strings are names of ONNX values. Values of
 * rank 4 exist in one layout or both; what is missing is transposed once and shared.
 */
export interface OnnxNode {
  readonly kernel: string;
  readonly attrs: Attributes;
  readonly inputs: TensorSpec[];
  readonly outputs: TensorSpec[];
  /** Input `i` in the given layout (default: as TensorFlow.js has it). */
  input(i: number, layout?: Layout): string;
  /** Input `i` broadcastable against a rank-4 value in the given layout. */
  operand(i: number, layout: Layout): string;
  /** The layout that spares a transpose: `nchw` if a rank-4 input exists only in that. */
  readonly layout: Layout;
  /** Adds an ONNX node and returns the name of its first output. */
  op(type: string, inputs: string[], attrs?: Record<string, OnnxAttribute>): string;
  /** The same for a node with several outputs. */
  ops(type: string, inputs: string[], attrs: Record<string, OnnxAttribute>, n: number): string[];
  /** A small constant. Default element type: int64, as shapes and axes are. */
  constant(
    values: readonly number[] | Data,
    shape?: number[],
    dtype?: 'int64' | 'float32' | 'int32',
  ): string;
  /** An ONNX value that several kernel calls share, made once per key. */
  shared(key: string, make: () => string[]): string[];
  /** Whether the program calls the kernel anywhere. */
  programHas(kernel: string): boolean;
  /** Says which ONNX value is output `i` (default 0), and in which layout. */
  emit(name: string, layout?: Layout, i?: number): void;
}
