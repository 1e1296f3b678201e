import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import type { Program, TensorSpec } from '../../src/program/program.js';
import { type Tensor, tf } from '../../src/program/tensorflow.js';
import { trace } from '../../src/program/trace.js';

const float = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const x = Float32Array.of(-1, 0, 2);
const traced = (body: (x: Tensor) => Tensor): Program =>
  trace({ x: float(3) }, ({ x }) => ({ y: body(x) }));

async function values(program: Program): Promise<number[][]> {
  const found: number[][] = [];
  for (const engine of [onnxEngine(1), cpuEngine()]) {
    const executable = await engine.compile(program);
    found.push(Array.from((await executable.run({ x })).y));
    await executable.release();
  }
  return found;
}

describe('A trace', () => {
  it('records kernel calls with shapes and computes nothing', () => {
    const program = trace({ x: float(2, 3), w: float(3, 4) }, ({ x, w }) => ({
      y: tf.relu(tf.matMul(x as never, w as never)),
    }));
    expect(program.nodes.map(({ kernel }) => kernel)).toEqual(['BatchMatMul', 'Relu']);
    expect(program.inputs.map(({ name }) => name)).toEqual(['x', 'w']);
    expect(program.values[program.outputs[0].value]).toEqual(float(2, 4));
  });

  it('makes constants of tensors from inside and of captured ones, which stay as they were', async () => {
    const captured = tf.tensor1d([10, 20, 30]);
    const program = traced((x) => tf.add(tf.mul(x, captured), tf.tensor1d([1, 2, 3])));
    expect(program.constants.size).toBe(2);
    expect(await values(program)).toEqual([
      [-9, 2, 63],
      [-9, 2, 63],
    ]);
    expect(Array.from(captured.dataSync())).toEqual([10, 20, 30]);
    expect(await values(traced((x) => tf.add(x, captured)))).toEqual([
      [9, 20, 32],
      [9, 20, 32],
    ]);
    captured.dispose();
  });

  it('keeps captured booleans and integers, and a number that fills a tensor as one number', () => {
    const condition = tf.tensor1d([true, false, true], 'bool');
    const program = traced((x) => tf.where(condition, x, tf.fill([3], 0.5)));
    const constants = [...program.constants].map(([id, constant]) => [
      program.values[id].dtype,
      'data' in constant ? Array.from(constant.data) : constant.fill,
    ]);
    expect(constants).toContainEqual(['bool', [1, 0, 1]]);
    condition.dispose();
  });

  it('refuses to read a value, naming what to remove', () => {
    expect(() => traced((x) => tf.scalar(x.dataSync()[0]))).toThrow('remove dataSync()');
  });

  it('names a kernel without a rule, and the file where it belongs', () => {
    expect(() => traced((x) => tf.atan(x))).toThrow(
      /kernel "Atan".*src\/program\/kernels\/unary\.ts.*docs\/architecture\.md, "Adding something"/s,
    );
    expect(readFileSync('docs/architecture.md', 'utf8')).toContain('\n## Adding something\n');
    expect(() => traced((x) => tf.cumsum(x))).toThrow('src/program/kernels/reduction.ts');
    expect(() => traced((x) => tf.depthwiseConv2d(x.as4D(1, 3, 1, 1), tf.ones([1, 1, 1, 1]), 1, 'same'))).toThrow('src/program/kernels/convolution.ts'); // prettier-ignore
  });

  it('refuses tensors of another trace, rounding up of windows, and one name for two ports', () => {
    let leaked: Tensor | undefined;
    traced((x) => (leaked = x));
    expect(() => traced((x) => tf.add(x, leaked!))).toThrow('another trace');
    expect(() => traced((x) => tf.maxPool(x.as4D(1, 3, 1, 1), [2, 1], 2, 0, 'ceil'))).toThrow('dimRoundingMode'); // prettier-ignore
    expect(() => trace({ x: float(3) }, ({ x }) => ({ x: tf.neg(x) }))).toThrow(
      'input and an output',
    );
  });

  it('leaves backend, tape and memory as they were, also after an error', async () => {
    await tf.setBackend('cpu');
    const tensors = tf.memory().numTensors;
    traced((x) => tf.grad((x) => tf.sum(tf.square(x)))(x));
    expect(() => traced((x) => tf.grad((x) => tf.sum(tf.atan(x)))(x))).toThrow('Atan');
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.memory().numTensors).toBe(tensors);
    expect(
      tf.tidy(
        () =>
          tf
            .grad((x) => tf.square(x))(tf.scalar(3))
            .dataSync()[0],
      ),
    ).toBe(6);
  });

  it('may run inside another', async () => {
    let inner: Program | undefined;
    const outer = traced((x) => {
      inner = traced((x) => tf.neg(x));
      return tf.square(x);
    });
    expect(outer.nodes.map(({ kernel }) => kernel)).toEqual(['Square']);
    expect(inner!.nodes.map(({ kernel }) => kernel)).toEqual(['Neg']);
    expect((await values(outer))[0]).toEqual([1, 0, 4]);
  });

  it('records the gradient of a condition that only chooses', async () => {
    const program = traced((x) =>
      tf.grad((x) => tf.sum(tf.where(tf.greater(x, 0), tf.square(x), tf.mul(x, 0.5))))(x),
    );
    expect(await values(program)).toEqual([
      [0.5, 0.5, 4],
      [0.5, 0.5, 4],
    ]);
  });
});
