import type { Kernel } from '../kernel.js';
import type { DType } from '../program.js';
import { onnxTypes, scalarOf } from './onnxTypes.js';

// Kernels whose values do not depend on a float input.

const like = (name: string, value: number): Kernel => ({
  name,
  inputs: ['x'],
  shape: ([x]) => x,
  tangent: 'zero',
  integral: () => true,
  onnx(node) {
    const { shape, dtype } = node.outputs[0];
    node.emit(node.op('Expand', [scalarOf(node, value, dtype), node.constant(shape)]));
  },
});

const fill: Kernel = {
  name: 'Fill',
  inputs: [],
  shape: (_, attrs) => ({
    shape: attrs.shape as number[],
    dtype: (attrs.dtype as DType | undefined) ?? 'float32',
  }),
  tangent: 'zero',
  onnx(node) {
    const { shape, dtype } = node.outputs[0];
    const scalar = scalarOf(node, node.attrs.value as number, dtype);
    node.emit(node.op('Expand', [scalar, node.constant(shape)]));
  },
};

const oneHot: Kernel = {
  name: 'OneHot',
  inputs: ['indices'],
  shape: ([x], attrs) => ({
    shape: [...x.shape, attrs.depth as number],
    dtype: attrs.dtype as DType,
  }),
  tangent: 'zero',
  integral: ({ onValue, offValue }) => [onValue, offValue].every(Number.isInteger),
  onnx(node) {
    const depth = node.attrs.depth as number;
    const classes = node.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    );
    const column = node.op('Unsqueeze', [node.input(0), node.constant([-1])]);
    const hot = node.op('Cast', [node.op('Equal', [column, classes])], { to: onnxTypes.float32 });
    const { onValue, offValue } = node.attrs as { onValue: number; offValue: number };
    const scale = node.constant([onValue - offValue], [], 'float32');
    const scaled = onValue - offValue === 1 ? hot : node.op('Mul', [hot, scale]);
    const offset = node.constant([offValue], [], 'float32');
    const value = offValue === 0 ? scaled : node.op('Add', [scaled, offset]);
    const { dtype } = node.outputs[0];
    node.emit(dtype === 'float32' ? value : node.op('Cast', [value], { to: onnxTypes[dtype] }));
  },
};

export const creationKernels: Kernel[] = [like('ZerosLike', 0), like('OnesLike', 1), fill, oneHot];
