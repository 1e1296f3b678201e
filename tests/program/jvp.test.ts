import { describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import type { Engine, Feeds } from '../../src/engine/engine.js';
import { call } from '../../src/program/call.js';
import { jvp, tangentOf } from '../../src/program/jvp.js';
import { kernels } from '../../src/program/kernels/registry.js';
import type { Program, TensorSpec } from '../../src/program/program.js';
import { simplify } from '../../src/program/simplify.js';
import { type Tensor, tf } from '../../src/program/tensorflow.js';
import { trace } from '../../src/program/trace.js';
import { RandomStream } from '../../src/random.js';
import { type KernelCase, kernelCases } from './kernelCases.js';

const engines = [onnxEngine(1), cpuEngine()];
const port = (i: number) => `input ${i}`;

/** The kernel call alone, as a program; outputs are `output 0`, `output 1`, … */
function programOf({ kernel, inputs, attrs = {} }: KernelCase): Program {
  const ports = Object.fromEntries(
    inputs.map((input, i): [string, TensorSpec] => [port(i), input]),
  );
  return trace(ports, (tensors) => {
    const found = call(
      kernels.get(kernel)!,
      inputs.map((_, i) => tensors[port(i)]),
      attrs,
    );
    return Object.fromEntries(found.map((tensor, i) => [`output ${i}`, tensor]));
  });
}

function feedsOf({ inputs }: KernelCase): Feeds {
  const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
  return Object.fromEntries(
    inputs.map(({ dtype, values }, i) => [port(i), arrays[dtype].from(values)]),
  );
}

async function run(engine: Engine, program: Program, feeds: Feeds): Promise<Feeds> {
  const executable = await engine.compile(simplify(program));
  const results = await executable.run(feeds);
  await executable.release();
  return results;
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(found).toHaveLength(expected.length);
  const size = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(found[i] - expected[i]) / size, `entry ${i}`).toBeLessThan(tolerance);
}

const all = (results: Feeds, prefix: string) =>
  Object.keys(results)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => Array.from(results[name]));

/** Central difference of the float64 function along the direction. */
function difference({ inputs, f, wrt }: KernelCase, direction: number[][]): number[] {
  const h = 1e-5;
  const moved = (sign: number) =>
    f(
      ...inputs.map(({ values }, i) =>
        wrt.includes(i) ? values.map((v, k) => v + sign * h * direction[i][k]) : values,
      ),
    );
  const [plus, minus] = [moved(1), moved(-1)];
  return plus.map((value, i) => (value - minus[i]) / (2 * h));
}

const title = ({ kernel, label }: KernelCase) => (label ? `${kernel}, ${label}` : kernel);
const cases = kernelCases.map((one): [string, KernelCase] => [title(one), one]);

// TensorFlow.js' own gradients of these throw for operands that broadcast, and give NaN for 0^0.
const unreduced = new Set([
  'Maximum',
  'Minimum',
  'SquaredDifference',
  'BatchMatMul, a batch with one shared factor',
  'Pow, exponent 0',
]);

it('There is a case for every kernel that programs may hold', () => {
  const covered = new Set(kernelCases.map(({ kernel }) => kernel));
  expect([...kernels.keys()].filter((name) => !covered.has(name))).toEqual([]);
});

describe.each(engines.map((engine): [string, Engine] => [engine.name, engine]))(
  'On the %s engine',
  (_, engine) => {
    it.each(cases)('%s has the value and the tangent of its float64 form', async (_, one) => {
      const stream = new RandomStream(3, title(one));
      const direction = one.inputs.map(({ values }) =>
        values.map(() => Math.fround(stream.normal())),
      );
      const feeds = feedsOf(one);
      const program = programOf(one);
      const value = await run(engine, program, feeds);
      expectClose(all(value, 'output'), one.f(...one.inputs.map(({ values }) => values)), 2e-6);
      if (one.wrt.length === 0) return;
      for (const i of one.wrt) feeds[tangentOf(port(i))] = Float32Array.from(direction[i]);
      const tangents = await run(engine, jvp(program, one.wrt.map(port)), feeds);
      expectClose(all(tangents, tangentOf('output')), difference(one, direction), 1e-5);
      // One input alone moves: the others' tangents are exact zeros.
      const [first] = one.wrt;
      const alone = await run(engine, jvp(program, [port(first)]), feeds);
      const expected = difference({ ...one, wrt: [first] }, direction);
      expectClose(all(alone, tangentOf('output')), expected, 1e-5);
    });

    const differentiable = cases.filter(
      ([name, { kernel, wrt }]) =>
        wrt.length > 0 && tf.getGradient(kernel) !== undefined && !unreduced.has(name),
    );
    it.each(differentiable)(
      'the gradient of %s is the transpose of its tangent',
      async (_, one) => {
        const program = programOf(one);
        const output = program.values[program.outputs[0].value];
        if (output.dtype !== 'float32') return;
        const stream = new RandomStream(5, title(one));
        const feeds = feedsOf(one);
        for (const i of one.wrt)
          feeds[tangentOf(port(i))] = Float32Array.from(one.inputs[i].values, () =>
            stream.normal(),
          );
        const size = output.shape.reduce((a, b) => a * b, 1);
        const weights = Float32Array.from({ length: size }, () => stream.normal());
        const tangent = await run(engine, jvp(program, one.wrt.map(port)), feeds);
        const forward = dot(tangent[tangentOf('output 0')], weights);

        const ports = Object.fromEntries(
          one.inputs.map((input, i): [string, TensorSpec] => [port(i), input]),
        );
        const gradient = trace({ ...ports, weights: output }, (tensors) => {
          const f = (...moving: Tensor[]) => {
            const inputs = one.inputs.map((_, i) => tensors[port(i)]);
            one.wrt.forEach((i, k) => (inputs[i] = moving[k]));
            const [y] = call(kernels.get(one.kernel)!, inputs, one.attrs ?? {});
            return tf.sum(tf.mul(y, tensors.weights));
          };
          const found = tf.grads(f)(one.wrt.map((i) => tensors[port(i)]));
          return Object.fromEntries(one.wrt.map((i, k) => [`gradient ${i}`, found[k]]));
        });
        const gradients = await run(engine, gradient, { ...feeds, weights });
        const backward = one.wrt.reduce(
          (sum, i) => sum + dot(gradients[`gradient ${i}`], feeds[tangentOf(port(i))]),
          0,
        );
        expect(Math.abs(backward - forward)).toBeLessThan(5e-5 * Math.max(1, Math.abs(forward)));
      },
    );
  },
);

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
}
