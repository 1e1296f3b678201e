import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { onnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { physicalCores } from '../../../src/engine/threads.js';
import { cpuEngine } from '../../../src/engine/tfjs/replayEngine.js';
import { mlp } from '../../../src/network/mlp.js';
import { initialModel } from '../../../src/network/model.js';
import { networkObjective } from '../../../src/objective/networkObjective.js';
import { Programs } from '../../../src/objective/programs.js';
import { tf } from '../../../src/program/tensorflow.js';
import { trace } from '../../../src/program/trace.js';

const program = trace(
  { x: { shape: [3], dtype: 'float32' }, n: { shape: [3], dtype: 'int32' } },
  ({ x, n }) => ({
    double: tf.mul(x, tf.scalar(2)),
    next: tf.add(n, tf.scalar(1, 'int32')),
    positive: tf.greater(x, tf.scalar(0)),
    same: tf.clone(x),
  }),
);
const feeds = { x: Float32Array.of(-1, 0, 2), n: Int32Array.of(1, 2, 3) };

describe.each(
  [onnxEngine(1), cpuEngine()].map((engine): [string, Engine] => [engine.name, engine]),
)('An executable of the %s engine', (_, engine) => {
  it('has outputs of every type', async () => {
    const executable = await engine.compile(program);
    const { double, next, positive, same } = await executable.run(feeds);
    expect(double).toEqual(Float32Array.of(-2, 0, 4));
    expect(next).toEqual(Int32Array.of(2, 3, 4));
    expect(positive).toEqual(Uint8Array.of(0, 0, 1));
    expect(same).toEqual(feeds.x);
    await executable.release();
  });

  it('fills the arrays that it is given and returns those', async () => {
    const executable = await engine.compile(program);
    const double = new Float32Array(3);
    const weights = new Float32Array(10);
    const same = weights.subarray(4, 7);
    const found = await executable.run(feeds, { double, same });
    expect(found.double).toBe(double);
    expect(found.same).toBe(same);
    expect(double).toEqual(Float32Array.of(-2, 0, 4));
    expect(Array.from(weights)).toEqual([0, 0, 0, 0, -1, 0, 2, 0, 0, 0]);
    expect(feeds.x).toEqual(Float32Array.of(-1, 0, 2));
    const again = await executable.run({ ...feeds, x: Float32Array.of(5, 5, 5) });
    expect(again.double).not.toBe(double);
    expect(double).toEqual(Float32Array.of(-2, 0, 4));
  });

  it('names a port that is missing or of the wrong length', async () => {
    const executable = await engine.compile(program);
    await expect(executable.run({ x: feeds.x })).rejects.toThrow('needs an input "n"');
    await expect(executable.run({ ...feeds, x: new Float32Array(4) })).rejects.toThrow(
      'Port "x" takes 3 elements, not 4',
    );
    await expect(executable.run(feeds, { double: new Float32Array(2) })).rejects.toThrow(
      'Port "double" takes 3 elements, not 2',
    );
    expect((await executable.run(feeds)).double[2]).toBe(4);
  });

  it('lets timers fire while micro-batches run', async () => {
    const network = mlp([20], 5, {
      hidden: [64],
      activation: 'tanh',
      batchNorm: false,
      dropout: 0,
    });
    const programs = new Programs(network, engine);
    afterAll(() => programs.release());
    const samples = { inputs: new Float32Array(60 * 20), labels: new Int32Array(60), samples: 60 };
    const { weights, state } = initialModel(network, 1);
    const objective = networkObjective(programs, samples, {
      mode: { kind: 'running' },
      state,
      microBatch: 1,
    });
    await objective.gradient(weights); // compiles
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await setTimeout(2);
    ticks = 0;
    for (let i = 0; ticks < 3 && i < 5000; i++) await objective.gradient(weights);
    expect(ticks).toBeGreaterThanOrEqual(3);
    clearInterval(timer);
  });
});

describe('The ONNX engine', () => {
  it('says what it is and how many threads it may use', async () => {
    expect(onnxEngine(1).threads).toBe(1);
    expect(onnxEngine().threads).toBe(physicalCores());
    expect(onnxEngine().version).toMatch(/^ONNX Runtime \d+\.\d+\.\d+ \(CPU\)$/);
    const two = await onnxEngine(2).compile(program);
    expect((await two.run(feeds)).double).toEqual(Float32Array.of(-2, 0, 4));
    await two.release();
  });

  it('refuses to run what was released', async () => {
    const executable = await onnxEngine(1).compile(program);
    await executable.release();
    await expect(executable.run(feeds)).rejects.toThrow();
  });
});
