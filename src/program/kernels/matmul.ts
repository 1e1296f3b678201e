import type { Kernel } from '../kernel.js';
import type { TensorSpec } from '../program.js';
import { tf } from '../tensorflow.js';
import { multilinear } from './tangents.js';

// Matrix products, also of batches of matrices.

interface Transposes {
  transposeA: boolean;
  transposeB: boolean;
}

const lastTwoSwapped = (rank: number) => [...Array(rank - 2).keys(), rank - 1, rank - 2];

const batchMatMul: Kernel = {
  name: 'BatchMatMul',
  inputs: ['a', 'b'],
  shape([a, b]: TensorSpec[], attrs) {
    const { transposeA, transposeB } = attrs as unknown as Transposes;
    const rows = a.shape.at(transposeA ? -1 : -2)!;
    const columns = b.shape.at(transposeB ? -2 : -1)!;
    const batch = tf.backend_util.assertAndGetBroadcastShape(
      a.shape.slice(0, -2),
      b.shape.slice(0, -2),
    );
    return { shape: [...batch, rows, columns], dtype: a.dtype };
  },
  tangent: multilinear(() => batchMatMul, [0, 1]),
  onnx(node) {
    const { transposeA, transposeB } = node.attrs as unknown as Transposes;
    const [a, b] = node.inputs;
    // TensorFlow.js lifts every operand to rank 3; one matrix product is a Gemm all the same.
    const matrices = [a, b].every(({ shape }) => shape.slice(0, -2).every((size) => size === 1));
    if (matrices) {
      const [x, y] = [a, b].map(({ shape }, i) =>
        shape.length === 2
          ? node.input(i)
          : node.op('Reshape', [node.input(i), node.constant(shape.slice(-2))]),
      );
      const product = node.op('Gemm', [x, y], {
        transA: Number(transposeA),
        transB: Number(transposeB),
      });
      const { shape } = node.outputs[0];
      node.emit(shape.length === 2 ? product : node.op('Reshape', [product, node.constant(shape)]));
      return;
    }
    const operand = (i: number, transpose: boolean) =>
      transpose
        ? node.op('Transpose', [node.input(i)], {
            perm: lastTwoSwapped(node.inputs[i].shape.length),
          })
        : node.input(i);
    node.emit(node.op('MatMul', [operand(0, transposeA), operand(1, transposeB)]));
  },
};

export const matmulKernels: Kernel[] = [batchMatMul];
