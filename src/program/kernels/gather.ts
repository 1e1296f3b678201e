import type { Kernel } from '../kernel.js';
import type { Attributes } from '../program.js';
import { tf } from '../tensorflow.js';
import { scalarOf } from './onnxTypes.js';
import { multilinear } from './tangents.js';

// Rows by index, and its transpose: sums of rows by index.

function axisOf({ axis, batchDims }: Attributes, shape: number[]): number {
  if (batchDims)
    throw new Error(
      'tf.gather is known without batchDims only: gather from flattened rows instead.',
    );
  return tf.util.parseAxisParam(axis as number, shape)[0];
}

const gather: Kernel = {
  name: 'GatherV2',
  inputs: ['x', 'indices'],
  shape([x, indices], attrs) {
    const axis = axisOf(attrs, x.shape);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return { shape, dtype: x.dtype };
  },
  tangent: multilinear(() => gather, [0]),
  onnx(node) {
    const axis = axisOf(node.attrs, node.inputs[0].shape);
    node.emit(node.op('Gather', [node.input(0), node.input(1)], { axis }));
  },
};

/** Row j of the output is the sum of the rows i of x with segmentIds[i] = j; negative ids drop out. */
const unsortedSegmentSum: Kernel = {
  name: 'UnsortedSegmentSum',
  inputs: ['x', 'segmentIds'],
  shape: ([x], attrs) => ({
    shape: [attrs.numSegments as number, ...x.shape.slice(1)],
    dtype: x.dtype,
  }),
  tangent: multilinear(() => unsortedSegmentSum, [0]),
  onnx(node) {
    const [{ shape, dtype }, ids] = node.inputs;
    const segments = node.attrs.numSegments as number;
    // Dropped rows go to one more segment. ScatterElements adds in order: the same bits every time.
    const zero = scalarOf(node, 0, ids.dtype);
    const negative = node.op('Less', [node.input(1), zero]);
    const last = scalarOf(node, segments, ids.dtype);
    const rows = node.op('Where', [negative, last, node.input(1)]);
    const column = node.op('Reshape', [rows, node.constant([shape[0], ...shape.slice(1).fill(1)])]);
    const indices = node.op('Expand', [column, node.constant(shape)]);
    const size = node.constant([segments + 1, ...shape.slice(1)]);
    const zeros = node.op('Expand', [scalarOf(node, 0, dtype), size]);
    const sums = node.op('ScatterElements', [zeros, indices, node.input(0)], {
      axis: 0,
      reduction: 'add',
    });
    const [begin, end] = [node.constant([0]), node.constant([segments])];
    node.emit(node.op('Slice', [sums, begin, end, node.constant([0])]));
  },
};

export const gatherKernels: Kernel[] = [gather, unsortedSegmentSum];
