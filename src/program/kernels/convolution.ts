import type { Kernel } from '../kernel.js';
import type { OnnxNode } from '../onnxNode.js';
import type { Attributes } from '../program.js';
import { tf } from '../tensorflow.js';
import { multilinear } from './tangents.js';

// Two-dimensional convolution and its two derivatives; all three are bilinear. Filters are HWIO.

type Conv2DInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Shape4 = [number, number, number, number];
type Pad = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];

function geometry(xShape: number[], filterShape: number[], attrs: Attributes): Conv2DInfo {
  if ((attrs.dataFormat ?? 'NHWC') !== 'NHWC')
    throw new Error('Convolutions take NHWC tensors (dataFormat).');
  return tf.backend_util.computeConv2DInfo(
    xShape as Shape4,
    filterShape as Shape4,
    attrs.strides as [number, number],
    (attrs.dilations as [number, number] | undefined) ?? 1,
    attrs.pad as Pad,
    roundedDown(attrs),
  );
}

/** @throws Error for windows that hang over the end, which TensorFlow.js' own gradients forget. */
export function roundedDown({ dimRoundingMode = 'floor' }: Attributes): 'floor' {
  if (dimRoundingMode !== 'floor')
    throw new Error(
      `Windows are counted with dimRoundingMode "floor", not "${dimRoundingMode as string}": pad the input instead.`,
    );
  return 'floor';
}

/** The filter with its axes in another order, made once for all that share it. */
function filterAs(node: OnnxNode, i: number, perm: number[], reversed = false): string {
  const filter = node.input(i);
  return node.shared(`filter ${filter} ${perm.join()} ${reversed}`, () => {
    const [minusOne, begin] = [node.constant([-1, -1]), node.constant([-1, -1])];
    const end = node.constant([-(2 ** 31), -(2 ** 31)]);
    const source = reversed
      ? node.op('Slice', [filter, begin, end, node.constant([0, 1]), minusOne])
      : filter;
    return [node.op('Transpose', [source], { perm })];
  })[0];
}

const oihw = [3, 2, 0, 1];
const iohw = [2, 3, 0, 1];

const conv2D: Kernel = {
  name: 'Conv2D',
  inputs: ['x', 'filter'],
  shape: ([x, filter], attrs) => ({
    shape: geometry(x.shape, filter.shape, attrs).outShape,
    dtype: x.dtype,
  }),
  tangent: multilinear(() => conv2D, [0, 1]),
  onnx(node) {
    const info = geometry(node.inputs[0].shape, node.inputs[1].shape, node.attrs);
    const { top, left, bottom, right } = info.padInfo;
    const output = node.op('Conv', [node.input(0, 'nchw'), filterAs(node, 1, oihw)], {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads: [top, left, bottom, right],
    });
    node.emit(output, 'nchw');
  },
};

const backpropInput: Kernel = {
  name: 'Conv2DBackpropInput',
  inputs: ['dy', 'filter'],
  shape: ([dy], attrs) => ({ shape: attrs.inputShape as number[], dtype: dy.dtype }),
  tangent: multilinear(() => backpropInput, [0, 1]),
  onnx(node) {
    const info = geometry(node.attrs.inputShape as number[], node.inputs[1].shape, node.attrs);
    const { padInfo, filterHeight: kh, filterWidth: kw, strideHeight: sh, strideWidth: sw } = info;
    const { top, left, bottom, right } = padInfo;
    const dy = node.input(0, 'nchw');
    const pads = [kh - 1 - top, kw - 1 - left, kh - 1 - bottom, kw - 1 - right];
    if (sh === 1 && sw === 1 && Math.min(...pads) >= 0) {
      // A forward convolution with the filter turned by 180 degrees: two to three times as fast.
      const filter = filterAs(node, 1, iohw, true);
      return node.emit(node.op('Conv', [dy, filter], { kernel_shape: [kh, kw], pads }), 'nchw');
    }
    const missing = [
      info.inHeight - ((info.outHeight - 1) * sh + kh - top - bottom),
      info.inWidth - ((info.outWidth - 1) * sw + kw - left - right),
    ];
    const attrs = { kernel_shape: [kh, kw], strides: [sh, sw], pads: [top, left, bottom, right] };
    const dx = node.op('ConvTranspose', [dy, filterAs(node, 1, oihw)], {
      ...attrs,
      output_padding: missing,
    });
    node.emit(dx, 'nchw');
  },
};

const backpropFilter: Kernel = {
  name: 'Conv2DBackpropFilter',
  inputs: ['x', 'dy'],
  shape: ([x], attrs) => ({ shape: attrs.filterShape as number[], dtype: x.dtype }),
  tangent: multilinear(() => backpropFilter, [0, 1]),
  onnx(node) {
    // dW[i, o] = sum over samples of x[i] correlated with dy[o]: a convolution in which samples are the
    // channels and the stride of the forward pass is the dilation.
    const info = geometry(node.inputs[0].shape, node.attrs.filterShape as number[], node.attrs);
    const { padInfo, filterHeight: kh, filterWidth: kw, strideHeight: sh, strideWidth: sw } = info;
    const swapped = (i: number) => {
      const source = node.input(i, 'nchw');
      return node.shared(`cnhw ${source}`, () => [
        node.op('Transpose', [source], { perm: [1, 0, 2, 3] }),
      ])[0];
    };
    const bottom = kh - 1 + (info.outHeight - 1) * sh + 1 - info.inHeight - padInfo.top;
    const right = kw - 1 + (info.outWidth - 1) * sw + 1 - info.inWidth - padInfo.left;
    const full = node.op('Conv', [swapped(0), swapped(1)], {
      kernel_shape: [info.outHeight, info.outWidth],
      dilations: [sh, sw],
      pads: [padInfo.top, padInfo.left, Math.max(bottom, 0), Math.max(right, 0)],
    });
    const exact = bottom >= 0 && right >= 0;
    const trimmed = exact
      ? full
      : node.op('Slice', [
          full,
          node.constant([0, 0]),
          node.constant([kh, kw]),
          node.constant([2, 3]),
        ]);
    node.emit(node.op('Transpose', [trimmed], { perm: [2, 3, 0, 1] }));
  },
};

export const convolutionKernels: Kernel[] = [conv2D, backpropInput, backpropFilter];
