import type { Kernel, TangentCall } from '../kernel.js';
import type { OnnxNode } from '../onnxNode.js';
import type { DType } from '../program.js';
import { type Tensor, tf } from '../tensorflow.js';
import { registerZeroGradient } from './tangents.js';

// Elementwise kernels of one operand. `slope` is the derivative from x and y = f(x).

type Slope = (x: Tensor, y: Tensor, attrs: Record<string, unknown>) => Tensor;

export function unary(
  name: string,
  onnx: string | ((node: OnnxNode, x: string) => string),
  slope: Slope | 'zero',
  more: { integral?: Kernel['integral']; dtype?: DType } = {},
): Kernel {
  return {
    name,
    inputs: ['x'],
    shape: ([x]) => ({ shape: x.shape, dtype: more.dtype ?? x.dtype }),
    tangent:
      slope === 'zero'
        ? 'zero'
        : ({ inputs: [x], outputs: [y], tangents: [dx], attrs }: TangentCall) =>
            tf.mul(dx!, slope(x, y, attrs)),
    onnx(node) {
      const layout = node.layout;
      const x = node.input(0, layout);
      node.emit(typeof onnx === 'string' ? node.op(onnx, [x]) : onnx(node, x), layout);
    },
    integral: more.integral,
  };
}

const one = () => tf.scalar(1);
const float = (node: OnnxNode, value: number) => node.constant([value], [], 'float32');

registerZeroGradient('LogicalNot', ['x']);
registerZeroGradient('IsNan', ['x']);

export const unaryKernels: Kernel[] = [
  unary('Exp', 'Exp', (_, y) => y),
  unary(
    'Expm1',
    (n, x) => n.op('Sub', [n.op('Exp', [x]), float(n, 1)]),
    (_, y) => tf.add(y, one()),
  ),
  unary('Log', 'Log', (x) => tf.reciprocal(x)),
  unary(
    'Log1p',
    (n, x) => n.op('Log', [n.op('Add', [x, float(n, 1)])]),
    (x) => tf.reciprocal(tf.add(x, one())),
  ),
  unary('Sqrt', 'Sqrt', (_, y) => tf.div(tf.scalar(0.5), y)),
  unary(
    'Rsqrt',
    (n, x) => n.op('Reciprocal', [n.op('Sqrt', [x])]),
    (x, y) => tf.div(tf.mul(tf.scalar(-0.5), y), x),
  ),
  unary(
    'Square',
    (n, x) => n.op('Mul', [x, x]),
    (x) => tf.mul(tf.scalar(2), x),
  ),
  unary('Reciprocal', 'Reciprocal', (_, y) => tf.neg(tf.square(y))),
  { ...unary('Neg', 'Neg', 'zero'), tangent: ({ tangents: [dx] }) => tf.neg(dx!) },
  unary('Abs', 'Abs', (x) => tf.sign(x)),
  unary('Sin', 'Sin', (x) => tf.cos(x)),
  unary('Cos', 'Cos', (x) => tf.neg(tf.sin(x))),
  unary('Erf', 'Erf', (x) =>
    tf.mul(tf.scalar(2 / Math.sqrt(Math.PI)), tf.exp(tf.neg(tf.square(x)))),
  ),
  unary('Sign', 'Sign', 'zero', { integral: () => true }),
  unary('Floor', 'Floor', 'zero', { integral: () => true }),
  unary('Ceil', 'Ceil', 'zero', { integral: () => true }),
  unary('Round', 'Round', 'zero', { integral: () => true }),
  unary('LogicalNot', 'Not', 'zero', { integral: () => true, dtype: 'bool' }),
  unary('IsNan', 'IsNaN', 'zero', { integral: () => true, dtype: 'bool' }),
];
