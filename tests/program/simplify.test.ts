import { describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import {
  allocate,
  constantData,
  type Program,
  type TensorSpec,
} from '../../src/program/program.js';
import { replay } from '../../src/program/replay.js';
import { simplify } from '../../src/program/simplify.js';
import { type Tensor, tf } from '../../src/program/tensorflow.js';
import { trace } from '../../src/program/trace.js';
import { RandomStream } from '../../src/random.js';

const float = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });

/** The kernels that are left of y(x), x a vector of three numbers. */
function left(body: (x: Tensor) => Tensor | Record<string, Tensor>, spec = float(3)): string[] {
  const program = simplify(
    trace({ x: spec }, ({ x }) => {
      const found = body(x);
      return found instanceof tf.Tensor ? { y: found } : found;
    }),
  );
  return program.nodes.map(({ kernel }) => kernel);
}

/** Runs the program as it stands, without an engine's own simplification. */
async function evaluate(program: Program, x: Float32Array): Promise<number[][]> {
  await tf.setBackend('cpu');
  return tf.tidy(() => {
    const [{ value }] = program.inputs;
    return replay(program, [tf.tensor(x, program.values[value].shape)]).map((y) =>
      Array.from(y.dataSync()),
    );
  });
}

/** A random composition of operations on matrices of 3 x 3. */
function randomProgram(seed: number): Program {
  const stream = new RandomStream(seed, 'programs');
  const pick = <T>(items: T[]): T => items[stream.integer(items.length)];
  const steps: ((a: Tensor, b: Tensor) => Tensor)[] = [
    (a, b) => tf.add(a, b),
    (a, b) => tf.sub(a, tf.mul(b, tf.scalar(0.5))),
    (a) => tf.mul(a, tf.ones([3, 3])),
    (a) => tf.add(tf.zeros([3, 3]), a),
    (a) => tf.neg(tf.neg(a)),
    (a) => tf.reshape(tf.reshape(a, [9]), [3, 3]),
    (a) => tf.transpose(a),
    (a) => tf.cast(tf.cast(tf.round(a), 'int32'), 'float32'),
    (a) => tf.cast(tf.cast(a, 'int32'), 'float32'),
    (a, b) => tf.where(tf.greater(a, b), a, tf.zerosLike(b)),
    (a) => tf.tanh(a),
    (a) => tf.div(a, tf.scalar(1)),
    (a) => tf.mul(a, tf.exp(tf.scalar(-1))),
    (a) => tf.tile(tf.sum(a, 0, true), [3, 1]),
    (a, b) => tf.concat([tf.slice(a, [0, 0], [1, 3]), tf.slice(b, [1, 0], [2, 3])], 0),
    (a) => tf.cast(tf.step(a, pick([0, 0.5])), 'float32'),
    (a) => tf.add(a, tf.cast(tf.cast(tf.fill([3, 3], 1.5), 'int32'), 'float32')),
  ];
  return trace({ x: float(3, 3) }, ({ x }) => {
    const made = [x, tf.square(x)];
    for (let i = 0; i < 25; i++) made.push(pick(steps)(pick(made), pick(made)));
    return { y: made.at(-1)!, z: made.at(-2)! };
  });
}

describe('Simplification', () => {
  it('keeps the results of random programs to the bit', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const program = randomProgram(seed);
      const simple = simplify(program);
      const stream = new RandomStream(seed, 'inputs');
      const x = Float32Array.from({ length: 9 }, () => 1.5 * stream.normal());
      const [before, after] = [await evaluate(program, x), await evaluate(simple, x)];
      // -0 becomes 0 where a zero is no longer added.
      expect(after.map((ys) => ys.map((y) => y + 0))).toEqual(before.map((ys) => ys.map((y) => y + 0))); // prettier-ignore
      expect(simple.nodes.length).toBeLessThanOrEqual(program.nodes.length);
      expect(simplify(simple).nodes.length).toBe(simple.nodes.length);
    }
  });

  it('leaves out what changes nothing', () => {
    expect(left((x) => tf.mul(x, tf.ones([3])))).toEqual([]);
    expect(left((x) => tf.mul(tf.scalar(1), x))).toEqual([]);
    expect(left((x) => tf.add(x, tf.zeros([3])))).toEqual([]);
    expect(left((x) => tf.add(x, tf.zerosLike(x)))).toEqual([]);
    expect(left((x) => tf.mul(x, tf.onesLike(x)))).toEqual([]);
    expect(left((x) => tf.sub(x, tf.scalar(0)))).toEqual([]);
    expect(left((x) => tf.div(x, tf.scalar(1)))).toEqual([]);
    expect(left((x) => tf.neg(tf.neg(x)))).toEqual([]);
    expect(left((x) => tf.cast(x, 'float32'))).toEqual([]);
    expect(left((x) => tf.reshape(tf.expandDims(x, 0), [3]))).toEqual([]);
    expect(left((x) => tf.reshape(tf.expandDims(x, 0), [3, 1]))).toEqual(['Reshape']);
    expect(left((x) => tf.tile(x, [1]))).toEqual([]);
    expect(left((x) => tf.clone(x))).toEqual([]);
  });

  it('keeps what broadcasts, and what depends on the operands’ order', () => {
    expect(left((x) => tf.mul(x, tf.ones([2, 3])))).toEqual(['Multiply']);
    expect(left((x) => tf.add(tf.zeros([2, 1]), x))).toEqual(['Add']);
    expect(left((x) => tf.sub(tf.scalar(0), x))).toEqual(['Sub']);
    expect(left((x) => tf.div(tf.scalar(1), x))).toEqual(['RealDiv']);
  });

  it('makes equal calls once, but not those that differ in attributes, shape or type', () => {
    expect(left((x) => tf.mul(tf.exp(x), tf.exp(x)))).toEqual(['Exp', 'Multiply']);
    const casts = left((x) => ({ a: tf.cast(x, 'int32'), b: tf.cast(x, 'bool') }));
    expect(casts).toEqual(['Cast', 'Cast']);
    const shapes = left((x) => ({ a: tf.reshape(x, [3, 1]), b: tf.reshape(x, [1, 3]) }));
    expect(shapes).toEqual(['Reshape', 'Reshape']);
    const bounds = left((x) => ({
      a: tf.pad(x, [[1, 1]], Infinity),
      b: tf.pad(x, [[1, 1]], -Infinity),
      c: tf.pad(x, [[1, 1]], NaN),
      d: tf.pad(x, [[1, 1]], 0),
      e: tf.pad(x, [[1, 1]], -0),
    }));
    expect(bounds).toHaveLength(5);
  });

  it('computes what is known, in the type that it has', () => {
    const known = (body: () => Tensor) => {
      const program = simplify(trace({ x: float() }, () => ({ y: body() })));
      expect(program.nodes).toEqual([]);
      const { value } = program.outputs[0];
      return Array.from(constantData(program.constants.get(value)!, program.values[value]));
    };
    const truncated = () => tf.cast(tf.cast(tf.fill([2], -1.7), 'int32'), 'float32');
    expect(known(truncated)).toEqual([-1, -1]);
    expect(known(() => tf.cast(tf.cast(tf.scalar(0.3), 'bool'), 'float32'))).toEqual([1]);
    expect(known(() => tf.cast(tf.fill([100, 100], 2.5), 'int32'))[9999]).toBe(2);
    expect(known(() => tf.mul(tf.tensor1d([2, 3], 'int32'), tf.scalar(4, 'int32')))).toEqual([8, 12]); // prettier-ignore
    expect(known(() => tf.logicalNot(tf.tensor1d([true, false], 'bool')))).toEqual([0, 1]);
    expect(known(() => tf.sqrt(tf.scalar(-1)))).toEqual([NaN]);
    expect(known(() => tf.sum(tf.zeros([0, 2]), 0))).toEqual([0, 0]);
    expect(known(() => tf.concat([tf.zeros([0, 2]), tf.ones([1, 2])], 0))).toEqual([1, 1]);
  });

  it('drops a cast to whole numbers and back only where numbers are whole', () => {
    const thereAndBack = (x: Tensor) => tf.cast(tf.cast(x, 'int32'), 'float32');
    expect(left((x) => thereAndBack(tf.step(x)))).toEqual(['Step']);
    expect(left((x) => thereAndBack(tf.floor(x)))).toEqual(['Floor']);
    expect(left((x) => thereAndBack(tf.step(x, 0.5)))).toHaveLength(3);
    expect(left((x) => thereAndBack(tf.exp(x)))).toHaveLength(3);
    const smoothed = (x: Tensor) => thereAndBack(tf.oneHot(x, 2, 0.9, 0.1, 'float32'));
    expect(left(smoothed, { shape: [3], dtype: 'int32' })).toHaveLength(3);
  });

  it('leaves constants that are large and not all the same to the engine', () => {
    const data = Float32Array.from({ length: 5000 }, (_, i) => i);
    expect(left((x) => tf.add(tf.sum(x), tf.exp(tf.tensor1d(data))))).toContain('Exp');
  });

  it('works on tensors without elements, on both engines', async () => {
    const program = trace({ x: float(0, 3) }, ({ x }) => ({
      sum: tf.sum(tf.relu(x), 0),
      joined: tf.concat([tf.mul(x, tf.ones([0, 3])), tf.ones([1, 3])], 0),
    }));
    for (const engine of [onnxEngine(1), cpuEngine()]) {
      const executable = await engine.compile(simplify(program));
      const { sum, joined } = await executable.run({ x: allocate('float32', 0) });
      expect([Array.from(sum), Array.from(joined)]).toEqual([[0, 0, 0], [1, 1, 1]]); // prettier-ignore
    }
  });
});
