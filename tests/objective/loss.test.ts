import { describe, expect, it } from 'vitest';
import { onnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import { losses } from '../../src/objective/loss.js';
import { trace } from '../../src/program/trace.js';

const logits = [1, -2, 0.5, 100, 0, -100, 3, 3, 3];

describe.each([onnxEngine(1), cpuEngine()])('Per-sample losses ($name)', (engine) => {
  it('softmax cross-entropy is log sum exp less the label’s logit, for large logits too', async () => {
    const program = trace(
      { z: { shape: [3, 3], dtype: 'float32' }, y: { shape: [3], dtype: 'int32' } },
      ({ z, y }) => ({ loss: losses['softmax-cross-entropy'](z, y) }),
    );
    const executable = await engine.compile(program);
    const feeds = { z: Float32Array.from(logits), y: Int32Array.of(2, 2, 0) };
    const { loss } = await executable.run(feeds);
    const first = Math.log(Math.E + Math.exp(-2) + Math.exp(0.5)) - 0.5;
    [first, 200, Math.log(3)].forEach((value, i) => expect(loss[i]).toBeCloseTo(value, 5));
  });

  it('squared error is the mean over outputs, without a factor 1/2', async () => {
    const spec = { shape: [2, 3], dtype: 'float32' as const };
    const program = trace({ z: spec, t: spec }, ({ z, t }) => ({
      loss: losses['squared-error'](z, t),
    }));
    const feeds = { z: Float32Array.of(1, 2, 3, 0, 0, 0), t: Float32Array.of(0, 0, 0, 3, 0, 0) };
    const { loss } = await (await engine.compile(program)).run(feeds);
    [14 / 3, 3].forEach((value, i) => expect(loss[i]).toBeCloseTo(value, 6));
  });
});
