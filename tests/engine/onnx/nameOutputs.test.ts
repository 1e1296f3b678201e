import { expect, it } from 'vitest';
import { lower } from '../../../src/engine/onnx/lower.js';
import { onnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { tf } from '../../../src/program/tensorflow.js';
import { trace } from '../../../src/program/trace.js';

const vector = { shape: [2], dtype: 'float32' } as const;

it('copies an output only where a value is an input or leaves by several ports', async () => {
  const program = trace({ x: { ...vector, shape: [2] } }, ({ x }) => {
    const y = tf.exp(x);
    return { plain: tf.neg(y), first: y, second: y, input: x };
  });
  const copies = lower(program).node.filter(({ opType }) => opType === 'Identity');
  expect(copies.map(({ output }) => output[0]).sort()).toEqual(['input', 'second']);

  const executable = await onnxEngine(1).compile(program);
  const results = await executable.run({ x: Float32Array.of(0, 1) });
  const e = Math.fround(Math.E);
  expect([...results.plain]).toEqual([-1, -e]);
  expect([...results.first]).toEqual([1, e]);
  expect([...results.second]).toEqual([1, e]);
  expect([...results.input]).toEqual([0, 1]);
  await executable.release();
});
