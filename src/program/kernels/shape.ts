import type { Kernel } from '../kernel.js';
import { type Attributes, elementCount, type DType, type TensorSpec } from '../program.js';
import { tf } from '../tensorflow.js';
import { linear } from './tangents.js';

// Kernels that move elements without computing with them.

export const onnxTypes: Record<DType, number> = { float32: 1, int32: 6, bool: 9 };

const sizes = (value: unknown) => value as number[];

/** A kernel of one input `x` that is linear in it. */
function move(
  name: string,
  shape: (x: TensorSpec, attrs: Attributes) => number[],
  onnx: NonNullable<Kernel['onnx']>,
): Kernel {
  const kernel: Kernel = {
    name,
    inputs: ['x'],
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

const concat: Kernel = {
  name: 'Concat',
  inputs: 'list',
  shape(inputs, attrs) {
    const axis = attrs.axis as number;
    const shape = [...inputs[0].shape];
    shape[axis] = inputs.reduce((total, input) => total + input.shape[axis], 0);
    return { shape, dtype: inputs[0].dtype };
  },
  tangent: linear(() => concat),
  onnx(node) {
    const axis = node.attrs.axis as number;
    node.emit(
      node.op(
        'Concat',
        node.inputs.map((_, i) => node.input(i)),
        { axis },
      ),
    );
  },
};

const addN: Kernel = {
  name: 'AddN',
  inputs: 'list',
  shape: ([x]) => x,
  tangent: linear(() => addN),
  onnx(node) {
    const layout = node.layout;
    node.emit(
      node.op(
        'Sum',
        node.inputs.map((_, i) => node.input(i, layout)),
      ),
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

const like = (name: string, value: number): Kernel => ({
  name,
  inputs: ['x'],
  shape: ([x]) => x,
  tangent: 'zero',
  integral: true,
  onnx(node) {
    const { shape, dtype } = node.outputs[0];
    const scalar = node.constant([value], [], dtype === 'int32' ? 'int32' : 'float32');
    node.emit(node.op('Expand', [scalar, node.constant(shape)]));
  },
});

const fill: Kernel = {
  name: 'Fill',
  inputs: [],
  shape: (_, attrs) => ({
    shape: sizes(attrs.shape),
    dtype: (attrs.dtype as DType | undefined) ?? 'float32',
  }),
  tangent: 'zero',
  onnx(node) {
    const { shape, dtype } = node.outputs[0];
    const scalar = node.constant(
      [node.attrs.value as number],
      [],
      dtype === 'int32' ? 'int32' : 'float32',
    );
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
  integral: true,
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
    const value = node.constant([node.attrs.constantValue as number], [], 'float32');
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
      const axes = node.constant(begin.map((_, axis) => axis));
      const bounds = [node.constant(begin), node.constant(end), axes, node.constant(strides)];
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
  concat,
  addN,
  select,
  like('ZerosLike', 0),
  like('OnesLike', 1),
  fill,
  oneHot,
];
