import type { Kernel } from '../kernel.js';
import type { OnnxNode } from '../onnxNode.js';
import { type Attributes, elementCount } from '../program.js';
import { type Tensor, tf } from '../tensorflow.js';
import { call } from '../call.js';
import { roundedDown } from './convolution.js';
import { multilinear } from './tangents.js';

// Pooling over two-dimensional windows. Where values tie in a window of a maximum, the first in
// row-major order has the derivative, as in PyTorch; forward pass, gradient and tangent agree on it.

type Shape4 = [number, number, number, number];
type Pad = Parameters<typeof tf.backend_util.computePool2DInfo>[4];

function geometry(xShape: number[], attrs: Attributes) {
  return tf.backend_util.computePool2DInfo(
    xShape as Shape4,
    attrs.filterSize as [number, number],
    attrs.strides as [number, number],
    1,
    attrs.pad as Pad,
    roundedDown(attrs),
  );
}

function windowAttributes(xShape: number[], attrs: Attributes) {
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = geometry(xShape, attrs);
  return {
    kernel_shape: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    pads: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
  };
}

/** Maximum and flat position of it in the whole NCHW tensor, one call for all that need them. */
function maxWithIndices(node: OnnxNode, x: number): string[] {
  const window = windowAttributes(node.inputs[x].shape, node.attrs);
  const source = node.input(x, 'nchw');
  return node.shared(`max ${source} ${JSON.stringify(window)}`, () =>
    node.ops('MaxPool', [source], window, 2),
  );
}

const flat = (node: OnnxNode, name: string) => node.op('Reshape', [name, node.constant([-1])]);

const maxPool: Kernel = {
  name: 'MaxPool',
  inputs: ['x'],
  shape: ([x], attrs) => ({ shape: geometry(x.shape, attrs).outShape, dtype: x.dtype }),
  tangent: ({ inputs: [x], outputs: [y], tangents: [dx], attrs }) =>
    call(maxPoolTangent, [dx!, x, y], attrs)[0],
  onnx(node) {
    // Without positions ONNX Runtime's MaxPool is several times faster.
    const differentiated =
      node.programHas(maxPoolGrad.name) || node.programHas(maxPoolTangent.name);
    const window = windowAttributes(node.inputs[0].shape, node.attrs);
    const y = differentiated
      ? maxWithIndices(node, 0)[0]
      : node.op('MaxPool', [node.input(0, 'nchw')], window);
    node.emit(y, 'nchw');
  },
};

const maxPoolGrad: Kernel = {
  name: 'MaxPoolGrad',
  inputs: ['dy', 'input', 'output'],
  shape: ([, x]) => x,
  tangent: multilinear(() => maxPoolGrad, [0]),
  onnx(node) {
    const [n, h, w, c] = node.inputs[1].shape;
    const [, indices] = maxWithIndices(node, 1);
    const zero = node.constant([0], [], 'float32');
    const zeros = node.op('Expand', [zero, node.constant([elementCount([n, h, w, c])])]);
    const updates = flat(node, node.input(0, 'nchw'));
    const dx = node.op('ScatterElements', [zeros, flat(node, indices), updates], {
      axis: 0,
      reduction: 'add',
    });
    node.emit(node.op('Reshape', [dx, node.constant([n, c, h, w])]), 'nchw');
  },
};

/** basin's own: the entry of `dx` where `x` has the maximum `y` of each window. */
const maxPoolTangent: Kernel = {
  name: 'BasinMaxPoolTangent',
  inputs: ['dx', 'x', 'y'],
  shape: ([, , y]) => y,
  tangent: multilinear(() => maxPoolTangent, [0]),
  onnx(node) {
    const [, indices] = maxWithIndices(node, 1);
    node.emit(node.op('Gather', [flat(node, node.input(0, 'nchw')), indices]), 'nchw');
  },
  decompose([dx, x, y], attrs) {
    const { padInfo, filterHeight, filterWidth, strideHeight, strideWidth } = geometry(
      x.shape,
      attrs,
    );
    const { top, left, bottom, right } = padInfo;
    const [n, outHeight, outWidth, c] = y.shape;
    const padded = (t: Tensor, value: number) =>
      tf.pad(t, [[0, 0], [top, bottom], [left, right], [0, 0]], value); // prettier-ignore
    const [xPadded, dxPadded] = [padded(x, -Infinity), padded(dx, 0)];
    let free: Tensor = tf.onesLike(y);
    let result: Tensor = tf.zerosLike(y);
    for (let i = 0; i < filterHeight; i++) {
      for (let j = 0; j < filterWidth; j++) {
        const end = [
          n,
          i + (outHeight - 1) * strideHeight + 1,
          j + (outWidth - 1) * strideWidth + 1,
          c,
        ];
        const at = (t: Tensor) =>
          tf.stridedSlice(t, [0, i, j, 0], end, [1, strideHeight, strideWidth, 1]);
        const hit = tf.mul(free, tf.cast(tf.equal(at(xPadded), y), 'float32'));
        result = tf.add(result, tf.mul(hit, at(dxPadded)));
        free = tf.sub(free, hit);
      }
    }
    return [result];
  },
};

const avgPool: Kernel = {
  name: 'AvgPool',
  inputs: ['x'],
  shape: ([x], attrs) => ({ shape: geometry(x.shape, attrs).outShape, dtype: x.dtype }),
  tangent: multilinear(() => avgPool, [0]),
  onnx(node) {
    const window = windowAttributes(node.inputs[0].shape, node.attrs);
    node.emit(
      node.op('AveragePool', [node.input(0, 'nchw')], { ...window, count_include_pad: 0 }),
      'nchw',
    );
  },
};

/** 1 / number of input elements in each window, padding not counted; row-major over the output. */
function inverseCounts(xShape: number[], attrs: Attributes): Float32Array {
  const info = geometry(xShape, attrs);
  const inside = (out: number, stride: number, pad: number, filter: number, size: number) =>
    Math.min(out * stride - pad + filter, size) - Math.max(out * stride - pad, 0);
  const counts = new Float32Array(info.outHeight * info.outWidth);
  for (let i = 0; i < info.outHeight; i++) {
    const rows = inside(i, info.strideHeight, info.padInfo.top, info.filterHeight, info.inHeight);
    for (let j = 0; j < info.outWidth; j++) {
      const columns = inside(
        j,
        info.strideWidth,
        info.padInfo.left,
        info.filterWidth,
        info.inWidth,
      );
      counts[i * info.outWidth + j] = 1 / (rows * columns);
    }
  }
  return counts;
}

const avgPoolGrad: Kernel = {
  name: 'AvgPoolGrad',
  inputs: ['dy', 'input'],
  shape: ([, x]) => x,
  tangent: multilinear(() => avgPoolGrad, [0]),
  onnx(node) {
    const { shape } = node.inputs[1];
    const info = geometry(shape, node.attrs);
    const window = windowAttributes(shape, node.attrs);
    const counts = node.constant(inverseCounts(shape, node.attrs), [
      1,
      1,
      info.outHeight,
      info.outWidth,
    ]);
    const share = node.op('Mul', [node.input(0, 'nchw'), counts]);
    const [kh, kw] = window.kernel_shape;
    const ones = node.constant(new Float32Array(shape[3] * kh * kw).fill(1), [shape[3], 1, kh, kw]);
    const output_padding = [
      info.inHeight -
        ((info.outHeight - 1) * info.strideHeight + kh - info.padInfo.top - info.padInfo.bottom),
      info.inWidth -
        ((info.outWidth - 1) * info.strideWidth + kw - info.padInfo.left - info.padInfo.right),
    ];
    const dx = node.op('ConvTranspose', [share, ones], {
      ...window,
      group: shape[3],
      output_padding,
    });
    node.emit(dx, 'nchw');
  },
  // TensorFlow.js 4.22 divides by the full window where it is padded.
  decompose([dy, x], attrs) {
    const info = geometry(x.shape, attrs);
    const counts = tf.tensor4d(inverseCounts(x.shape, attrs), [
      1,
      info.outHeight,
      info.outWidth,
      1,
    ]);
    const channels = x.shape[3]!;
    const window = tf.mul(
      tf.ones([info.filterHeight, info.filterWidth, 1, 1]),
      tf.reshape(tf.eye(channels), [1, 1, channels, channels]),
    );
    const strides = attrs.strides as [number, number];
    const pad = attrs.pad as Pad;
    const share = tf.mul(dy, counts) as Parameters<typeof tf.conv2dTranspose>[0];
    return [tf.conv2dTranspose(share, window as never, x.shape as Shape4, strides, pad)];
  },
};

export const poolingKernels: Kernel[] = [
  maxPool,
  maxPoolGrad,
  maxPoolTangent,
  avgPool,
  avgPoolGrad,
];
