import type { Kernel } from '../kernel.js';
import { tf } from '../tensorflow.js';
import { onnxTypes, scalarOf } from './onnxTypes.js';
import { sum, times } from './tangents.js';
import { unary } from './unary.js';

// Activation functions. A ReLU has derivative 0 at 0, as in PyTorch.

const one = () => tf.scalar(1);

export const activationKernels: Kernel[] = [
  unary('Relu', 'Relu', (x) => tf.step(x)),
  unary(
    'Relu6',
    (n, x) => n.op('Clip', [x, n.constant([0], [], 'float32'), n.constant([6], [], 'float32')]),
    (x) => tf.mul(tf.step(x), tf.cast(tf.lessEqual(x, tf.scalar(6)), 'float32')),
  ),
  // Derivative 1 on the closed interval, as in the gradient that TensorFlow.js gives.
  unary(
    'ClipByValue',
    (n, x) => {
      const { clipValueMin, clipValueMax } = n.attrs as Record<string, number>;
      const bound = (value: number) => scalarOf(n, value, n.inputs[0].dtype);
      return n.op('Clip', [x, bound(clipValueMin), bound(clipValueMax)]);
    },
    (x, _, attrs) => {
      const { clipValueMin, clipValueMax } = attrs as Record<string, number>;
      const inside = tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax));
      return tf.cast(inside, 'float32');
    },
  ),
  unary(
    'Step',
    (n, x) => {
      const alpha = (n.attrs.alpha as number | undefined) ?? 0;
      // ONNX Runtime's Sign is not vectorised: comparison and cast take half its time.
      const above = n.op('Greater', [x, n.constant([0], [], 'float32')]);
      const step = n.op('Cast', [above], { to: onnxTypes.float32 });
      if (alpha === 0) return step;
      const below = n.op('Sub', [n.constant([1], [], 'float32'), step]);
      return n.op('Add', [step, n.op('Mul', [below, n.constant([alpha], [], 'float32')])]);
    },
    'zero',
    { integral: ({ alpha }) => Number.isInteger(alpha ?? 0) },
  ),
  unary(
    'LeakyRelu',
    (n, x) => n.op('LeakyRelu', [x], { alpha: { float: n.attrs.alpha as number } }),
    (x, _, attrs) => {
      const alpha = attrs.alpha as number;
      return tf.add(tf.mul(tf.step(x), tf.scalar(1 - alpha)), tf.scalar(alpha));
    },
  ),
  unary(
    'Elu',
    (n, x) => n.op('Elu', [x], { alpha: { float: 1 } }),
    (x, y) => tf.where(tf.greater(x, tf.scalar(0)), tf.onesLike(x), tf.add(y, one())),
  ),
  {
    // dy where y >= 0, dy (y + 1) elsewhere
    name: 'EluGrad',
    inputs: ['dy', 'y'],
    shape: ([dy]) => dy,
    tangent({ inputs: [dy, y], tangents: [ddy, dTangentY] }) {
      const positive = tf.greaterEqual(y, tf.scalar(0));
      const slope = tf.where(positive, tf.onesLike(y), tf.add(y, one()));
      const bend = tf.where(positive, tf.zerosLike(y), dy);
      return sum(times(ddy, slope), times(dTangentY, bend));
    },
    onnx(node) {
      const layout = node.layout;
      const [dy, y] = [node.input(0, layout), node.input(1, layout)];
      const negative = node.op('Min', [y, node.constant([0], [], 'float32')]);
      const slope = node.op('Add', [negative, node.constant([1], [], 'float32')]);
      node.emit(node.op('Mul', [dy, slope]), layout);
    },
  },
  unary('Sigmoid', 'Sigmoid', (_, y) => tf.mul(y, tf.sub(one(), y))),
  unary('Tanh', 'Tanh', (_, y) => tf.sub(one(), tf.square(y))),
  unary('Softplus', 'Softplus', (x) => tf.sigmoid(x)),
  {
    name: 'Softmax',
    inputs: ['logits'],
    shape: ([x]) => x,
    tangent({ outputs: [y], tangents: [dx], attrs }) {
      const weighted = tf.mul(dx!, y);
      return tf.sub(weighted, tf.mul(y, tf.sum(weighted, attrs.dim as number, true)));
    },
    onnx(node) {
      const axis = node.attrs.dim as number;
      node.emit(node.op('Softmax', [node.input(0)], { axis }));
    },
  },
];
