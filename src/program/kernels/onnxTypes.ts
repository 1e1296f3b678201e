import type { OnnxNode } from '../onnxNode.js';
import { allocate, type DType } from '../program.js';

/** Published numbers of TensorProto.DataType, as ONNX' Cast takes them. */
export const onnxTypes: Record<DType, number> = { float32: 1, int32: 6, bool: 9 };

/** A number as an ONNX constant of the given type and rank 0. */
export function scalarOf(node: OnnxNode, value: number, dtype: DType): string {
  return node.constant(allocate(dtype, 1).fill(value), []);
}
