import { call } from '../call.js';
import type { Kernel } from '../kernel.js';
import { tf } from '../tensorflow.js';
import { linear } from './tangents.js';

// Kernels that join several tensors, or take one apart.

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

const pack: Kernel = {
  name: 'Pack',
  inputs: 'list',
  shape(inputs, attrs) {
    const shape = [...inputs[0].shape];
    const axis = attrs.axis as number;
    shape.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, inputs.length);
    return { shape, dtype: inputs[0].dtype };
  },
  tangent: linear(() => pack),
  onnx(node) {
    const { shape } = node.outputs[0];
    const axis = ((node.attrs.axis as number) + shape.length) % shape.length;
    const part = node.constant(shape.map((size, i) => (i === axis ? 1 : size)));
    const parts = node.inputs.map((_, i) => node.op('Reshape', [node.input(i), part]));
    node.emit(node.op('Concat', parts, { axis }));
  },
};

const unpack: Kernel = {
  name: 'Unpack',
  inputs: ['value'],
  shape([x], attrs) {
    const [axis] = tf.util.parseAxisParam(attrs.axis as number, x.shape);
    const shape = x.shape.filter((_, i) => i !== axis);
    return Array.from({ length: x.shape[axis] }, () => ({ shape, dtype: x.dtype }));
  },
  tangent: ({ tangents: [dx], attrs }) => call(unpack, [dx!], attrs),
  onnx(node) {
    const [axis] = tf.util.parseAxisParam(node.attrs.axis as number, node.inputs[0].shape);
    const count = node.outputs.length;
    const parts = node.ops('Split', [node.input(0)], { axis, num_outputs: count }, count);
    const shape = node.constant(node.outputs[0].shape);
    parts.forEach((part, i) => node.emit(node.op('Reshape', [part, shape]), 'nhwc', i));
  },
};

const split: Kernel = {
  name: 'SplitV',
  inputs: ['x'],
  shape([x], attrs) {
    const [axis] = tf.util.parseAxisParam(attrs.axis as number, x.shape);
    const given = attrs.numOrSizeSplits as number | number[];
    const sizes = tf.backend_util.prepareSplitSize(x as never, given, axis);
    return sizes.map((size) => ({
      shape: x.shape.map((all, i) => (i === axis ? size : all)),
      dtype: x.dtype,
    }));
  },
  tangent: ({ tangents: [dx], attrs }) => call(split, [dx!], attrs),
  onnx(node) {
    const [axis] = tf.util.parseAxisParam(node.attrs.axis as number, node.inputs[0].shape);
    const sizes = node.constant(node.outputs.map(({ shape }) => shape[axis]));
    const parts = node.ops('Split', [node.input(0), sizes], { axis }, node.outputs.length);
    parts.forEach((part, i) => node.emit(part, 'nhwc', i));
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

export const joiningKernels: Kernel[] = [concat, pack, unpack, split, addN];
