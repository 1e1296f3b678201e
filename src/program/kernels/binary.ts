import type { Kernel, TangentCall } from '../kernel.js';
import type { OnnxNode } from '../onnxNode.js';
import type { DType, TensorSpec } from '../program.js';
import { type Tensor, tf } from '../tensorflow.js';
import { registerZeroGradient, sum, times } from './tangents.js';

// Elementwise kernels of two operands, which broadcast against each other as in NumPy.

const shape =
  (dtype?: DType) =>
  ([a, b]: TensorSpec[]): TensorSpec => ({
    shape: tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape),
    dtype: dtype ?? a.dtype,
  });

type Write = (node: OnnxNode, operands: [string, string]) => string;

const lower =
  (write: Write) =>
  (node: OnnxNode): void => {
    const layout = node.layout;
    node.emit(write(node, [node.operand(0, layout), node.operand(1, layout)]), layout);
  };

const single =
  (type: string): Write =>
  (node, operands) =>
    node.op(type, operands);

function arithmetic(
  name: string,
  onnx: string | Write,
  tangent: (call: TangentCall) => Tensor | null,
): Kernel {
  const write = typeof onnx === 'string' ? single(onnx) : onnx;
  return { name, inputs: ['a', 'b'], shape: shape(), tangent, onnx: lower(write) };
}

function comparison(name: string, onnx: string, negated = false): Kernel {
  registerZeroGradient(name, ['a', 'b']);
  return {
    name,
    inputs: ['a', 'b'],
    shape: shape('bool'),
    tangent: 'zero',
    integral: () => true,
    onnx: lower((node, operands) => {
      const compared = node.op(onnx, operands);
      return negated ? node.op('Not', [compared]) : compared;
    }),
  };
}

/** d max(a, b): the first operand has the derivative where the two tie, as in its TensorFlow.js gradient. */
const extremum =
  (first: (a: Tensor, b: Tensor) => Tensor, second: (a: Tensor, b: Tensor) => Tensor) =>
  ({ inputs: [a, b], tangents: [da, db] }: TangentCall): Tensor | null =>
    sum(times(da, tf.cast(first(a, b), 'float32')), times(db, tf.cast(second(a, b), 'float32')));

const squaredDifference: Write = (node, operands) => {
  const difference = node.op('Sub', operands);
  return node.op('Mul', [difference, difference]);
};

export const binaryKernels: Kernel[] = [
  arithmetic('Add', 'Add', ({ tangents: [da, db] }) => sum(da, db)),
  arithmetic('Sub', 'Sub', ({ tangents: [da, db] }) =>
    da && db ? tf.sub(da, db) : (da ?? tf.neg(db!)),
  ),
  arithmetic('Multiply', 'Mul', ({ inputs: [a, b], tangents: [da, db] }) =>
    sum(times(da, b), times(db, a)),
  ),
  arithmetic('RealDiv', 'Div', ({ inputs: [, b], outputs: [y], tangents: [da, db] }) => {
    // d(a/b) = (da - y db) / b
    const numerator = db ? (da ? tf.sub(da, tf.mul(y, db)) : tf.neg(tf.mul(y, db))) : da!;
    return tf.div(numerator, b);
  }),
  arithmetic('Maximum', 'Max', extremum(tf.greaterEqual, tf.less)),
  arithmetic('Minimum', 'Min', extremum(tf.lessEqual, tf.greater)),
  arithmetic('Pow', 'Pow', ({ inputs: [a, b], outputs: [y], tangents: [da, db] }) => {
    // a^0 is constant, also where a^-1 is not finite.
    const exponent = () => tf.where(tf.equal(b, 0), tf.onesLike(b), tf.sub(b, tf.scalar(1)));
    return sum(
      da && times(da, tf.mul(b, tf.pow(a, exponent()))),
      db && times(db, tf.mul(y, tf.where(tf.greater(a, 0), tf.log(a), tf.zerosLike(a)))),
    );
  }),
  arithmetic('SquaredDifference', squaredDifference, ({ inputs: [a, b], tangents: [da, db] }) => {
    const twice = tf.mul(tf.scalar(2), tf.sub(a, b));
    return sum(times(da, twice), times(db, tf.neg(twice)));
  }),
  comparison('Greater', 'Greater'),
  comparison('GreaterEqual', 'GreaterOrEqual'),
  comparison('Less', 'Less'),
  comparison('LessEqual', 'LessOrEqual'),
  comparison('Equal', 'Equal'),
  comparison('NotEqual', 'Equal', true),
  comparison('LogicalAnd', 'And'),
  comparison('LogicalOr', 'Or'),
];
