import type { Kernel, TangentCall } from '../kernel.js';
import type { OnnxNode } from '../onnxNode.js';
import type { Attributes, DType, TensorSpec } from '../program.js';
import { tf } from '../tensorflow.js';
import { onnxTypes } from './onnxTypes.js';
import { linear } from './tangents.js';

// Reductions over axes.

function axesOf(attrs: Attributes, shape: number[]): number[] {
  const axis = attrs.axis ?? attrs.reductionIndices; // Max alone has the second name
  return tf.util.parseAxisParam(axis as number | number[], shape);
}

const shapeRule =
  (dtype?: DType) =>
  ([x]: TensorSpec[], attrs: Attributes): TensorSpec => {
    const axes = axesOf(attrs, x.shape);
    const [out] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(out, axes) : out;
    return { shape, dtype: dtype ?? x.dtype };
  };

const nchwAxis = [0, 2, 3, 1]; // where each NHWC axis stands in NCHW

function lower(node: OnnxNode, type: string): void {
  const { shape } = node.inputs[0];
  const axes = axesOf(node.attrs, shape);
  const keepdims = Number(Boolean(node.attrs.keepDims));
  // What is left of an NCHW value must not depend on the order of its axes.
  const channelFirst = node.layout === 'nchw' && (keepdims === 1 || axes.length >= 3);
  const layout = channelFirst ? 'nchw' : 'nhwc';
  const x = node.input(0, layout);
  const source =
    node.inputs[0].dtype === node.outputs[0].dtype
      ? x
      : node.op('Cast', [x], { to: onnxTypes[node.outputs[0].dtype] });
  if (axes.length === 0) return node.emit(node.op('Identity', [source]), layout);
  const onnxAxes = node.constant(channelFirst ? axes.map((axis) => nchwAxis[axis]) : axes);
  node.emit(
    node.op(type, [source, onnxAxes], { keepdims }),
    keepdims && channelFirst ? 'nchw' : 'nhwc',
  );
}

/** Every tied argument of a maximum has derivative 1, as in the gradient that TensorFlow.js gives. */
function extremumTangent({ inputs: [x], outputs: [y], tangents: [dx], attrs }: TangentCall) {
  const axes = axesOf(attrs, x.shape);
  const kept = tf.reshape(y, tf.backend_util.expandShapeToKeepDim(reduced(x.shape, axes), axes));
  return tf.reshape(tf.sum(tf.mul(dx!, tf.cast(tf.equal(x, kept), 'float32')), axes), y.shape);
}

function reduced(shape: number[], axes: number[]): number[] {
  return tf.backend_util.computeOutAndReduceShapes(shape, axes)[0];
}

const sumKernel: Kernel = {
  name: 'Sum',
  inputs: ['x'],
  shape: shapeRule(),
  tangent: linear(() => sumKernel),
  onnx: (node) => lower(node, 'ReduceSum'),
};

const meanKernel: Kernel = {
  name: 'Mean',
  inputs: ['x'],
  shape: shapeRule('float32'),
  tangent: linear(() => meanKernel),
  onnx: (node) => lower(node, 'ReduceMean'),
};

const argument = (name: string, onnx: string): Kernel => ({
  name,
  inputs: ['x'],
  shape: shapeRule('int32'),
  tangent: 'zero',
  integral: () => true,
  onnx(node) {
    const axis = axesOf(node.attrs, node.inputs[0].shape)[0];
    const index = node.op(onnx, [node.input(0)], { axis, keepdims: 0 });
    node.emit(node.op('Cast', [index], { to: onnxTypes.int32 }));
  },
});

export const reductionKernels: Kernel[] = [
  sumKernel,
  meanKernel,
  {
    name: 'Max',
    inputs: ['x'],
    shape: shapeRule(),
    tangent: extremumTangent,
    onnx: (n) => lower(n, 'ReduceMax'),
  },
  {
    name: 'Min',
    inputs: ['x'],
    shape: shapeRule(),
    tangent: extremumTangent,
    onnx: (n) => lower(n, 'ReduceMin'),
  },
  argument('ArgMax', 'ArgMax'),
  argument('ArgMin', 'ArgMin'),
];
