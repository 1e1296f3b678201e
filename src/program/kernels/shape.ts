import type { Kernel } from '../kernel.js';
import { type Attributes, elementCount, type DType, type TensorSpec } from '../program.js';
import { tf } from '../tensorflow.js';
import { onnxTypes, scalarOf } from './onnxTypes.js';
import { linear } from './tangents.js';

// Kernels that move elements without computing with them.

const sizes = (value: unknown) => value as number[];

/** A kernel of one input that is linear in it. */
function move(
  name: string,
  shape: (x: TensorSpec, attrs: Attributes) => number[],
  onnx: NonNullable<Kernel['onnx']>,
  input = 'x',
): Kernel {
  const kernel: Kernel = {
    name,
    inputs: [input],
    shape: ([x], attrs) => ({ shape: shape(x, attrs), dtype: x.dtype }),
    tangent: linear(() => kernel),
    onnx,
  };
  return kernel;
}

const toShape: NonNullable<Kernel['onnx']> = (node) =>
  node.emit(node.op('Reshape', [node.input(0), node.constant(node.outputs[0].shape)]));

function stridedSlice(shape: number[], attrs: Attributes) {
  const { begin, end, strides } = attrs as Record<string, number[]>;
  const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs as Record<
    string,
    number
  >;
  return tf.slice_util.sliceInfo(
    shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask,
  ); // prettier-ignore
}

const cast: Kernel = {
  name: 'Cast',
  inputs: ['x'],
  shape: ([x], attrs) => ({ shape: x.shape, dtype: attrs.dtype as DType }),
  tangent: ({ inputs: [x], tangents: [dx], attrs }) =>
    x.dtype === 'float32' && attrs.dtype === 'float32' ? dx : null,
  onnx(node) {
    const layout = node.layout;
    node.emit(
      node.op('Cast', [node.input(0, layout)], { to: onnxTypes[node.outputs[0].dtype] }),
      layout,
    );
  },
};

const select: Kernel = {
  name: 'Select',
  inputs: ['condition', 't', 'e'],
  shape: ([, t]) => t,
  tangent: ({ inputs: [condition, t, e], tangents: [, dt, de] }) =>
    tf.where(condition, dt ?? tf.zerosLike(t), de ?? tf.zerosLike(e)),
  onnx(node) {
    const layout = node.layout;
    const [condition, t, e] = [0, 1, 2].map((i) => node.operand(i, layout));
    node.emit(node.op('Where', [condition, t, e]), layout);
  },
};

const pad: Kernel = {
  name: 'PadV2',
  inputs: ['x'],
  shape([x], attrs) {
    const paddings = attrs.paddings as [number, number][];
    return {
      shape: x.shape.map((size, i) => size + paddings[i][0] + paddings[i][1]),
      dtype: x.dtype,
    };
  },
  // Affine, not linear, in its input: the tangent is padded with zeros.
  tangent: ({ tangents: [dx], attrs }) => tf.pad(dx!, attrs.paddings as [number, number][], 0),
  onnx(node) {
    const paddings = node.attrs.paddings as [number, number][];
    const pads = node.constant([
      ...paddings.map(([before]) => before),
      ...paddings.map(([, after]) => after),
    ]);
    const value = scalarOf(node, node.attrs.constantValue as number, node.outputs[0].dtype);
    node.emit(node.op('Pad', [node.input(0), pads, value]));
  },
};

export const shapeKernels: Kernel[] = [
  move(
    'Identity',
    (x) => x.shape,
    (node) => node.emit(node.op('Identity', [node.input(0)])),
  ),
  move(
    'Reshape',
    (x, attrs) => tf.util.inferFromImplicitShape(sizes(attrs.shape), elementCount(x.shape)),
    toShape,
  ),
  move(
    'ExpandDims',
    (x, attrs) => {
      const shape = [...x.shape];
      const dim = attrs.dim as number;
      shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
      return shape;
    },
    toShape,
    'input',
  ),
  move(
    'Transpose',
    (x, attrs) => sizes(attrs.perm).map((axis) => x.shape[axis]),
    (node) => node.emit(node.op('Transpose', [node.input(0)], { perm: sizes(node.attrs.perm) })),
  ),
  move(
    'Slice',
    (x, attrs) =>
      sizes(attrs.size).map((size, i) => (size < 0 ? x.shape[i] - sizes(attrs.begin)[i] : size)),
    (node) => {
      const begin = sizes(node.attrs.begin);
      const end = begin.map((start, i) => start + node.outputs[0].shape[i]);
      node.emit(node.op('Slice', [node.input(0), node.constant(begin), node.constant(end)]));
    },
  ),
  pad,
  move(
    'StridedSlice',
    (x, attrs) => stridedSlice(x.shape, attrs).finalShape,
    (node) => {
      const { begin, end, strides, finalShape } = stridedSlice(node.inputs[0].shape, node.attrs);
      // Backwards, "up to the first" ends at -1, which ONNX takes for the last.
      const ends = end.map((stop, i) => (stop < 0 && strides[i] < 0 ? -(2 ** 31) : stop));
      const axes = node.constant(begin.map((_, axis) => axis));
      const bounds = [node.constant(begin), node.constant(ends), axes, node.constant(strides)];
      const sliced = node.op('Slice', [node.input(0), ...bounds]);
      node.emit(node.op('Reshape', [sliced, node.constant(finalShape)]));
    },
  ),
  move(
    'Tile',
    (x, attrs) => x.shape.map((size, i) => size * sizes(attrs.reps)[i]),
    (node) => {
      const reps = sizes(node.attrs.reps);
      const broadcasts = reps.every((rep, i) => rep === 1 || node.inputs[0].shape[i] === 1);
      const operand = node.constant(broadcasts ? node.outputs[0].shape : reps);
      node.emit(node.op(broadcasts ? 'Expand' : 'Tile', [node.input(0), operand]));
    },
  ),
  move(
    'Reverse',
    (x) => x.shape,
    (node) => {
      const axes = tf.util.parseAxisParam(sizes(node.attrs.dims), node.inputs[0].shape);
      const all = (value: number) => node.constant(axes.map(() => value));
      const inputs = [node.input(0), all(-1), all(-(2 ** 31)), node.constant(axes), all(-1)];
      node.emit(node.op('Slice', inputs));
    },
  ),
  cast,
  select,
];
