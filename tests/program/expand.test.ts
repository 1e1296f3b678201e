import { describe, expect, it } from 'vitest';
import { cpuEngine } from '../../src/engine/tfjs/replayEngine.js';
import { activations } from '../../src/network/activations.js';
import { cnn } from '../../src/network/cnn.js';
import { f1 } from '../../src/network/f1.js';
import { mlp } from '../../src/network/mlp.js';
import { initialModel } from '../../src/network/model.js';
import type { Mode, Network } from '../../src/network/network.js';
import type { Engine } from '../../src/engine/engine.js';
import { type LossName } from '../../src/objective/loss.js';
import { Programs } from '../../src/objective/programs.js';
import { expand } from '../../src/program/expand.js';
import { jvp } from '../../src/program/jvp.js';
import type { Kernel } from '../../src/program/kernel.js';
import { kernels } from '../../src/program/kernels/registry.js';
import type { Program } from '../../src/program/program.js';
import { simplify } from '../../src/program/simplify.js';
import { tf } from '../../src/program/tensorflow.js';
import { trace } from '../../src/program/trace.js';
import { RandomStream } from '../../src/random.js';
import { TrainingStep } from '../../src/training/trainingStep.js';

/** An engine that only collects what it is given. */
function collector(programs: Program[]): Engine {
  const run = async () => ({ losses: new Float32Array(4) });
  const compile = async (program: Program) => {
    programs.push(program);
    return { run, release: async () => {} };
  };
  return { name: 'collector', version: '', threads: 1, compile };
}

const hasLowering = (kernel: Kernel) => 'onnx' in kernel;
const hasDecomposition = (kernel: Kernel) => 'decompose' in kernel;

const image = [6, 5, 2];
const plain = { batchNorm: false, dropout: 0 };
const rich = { batchNorm: true, dropout: 0.5 };
const networks: [string, Network][] = [
  ['f1', f1([4], 3)],
  ...(Object.keys(activations) as (keyof typeof activations)[]).map(
    (activation): [string, Network] => [
      `mlp with ${activation}`,
      mlp([4], 3, { hidden: [5], activation, ...plain }),
    ],
  ),
  ['mlp with everything', mlp([4], 3, { hidden: [5], activation: 'relu', ...rich })],
  [
    'cnn with everything',
    cnn(image, 3, { filters: [2, 3], kernel: 3, pool: 3, dense: [4], activation: 'elu', ...rich }),
  ],
  [
    'cnn without pooling',
    cnn(image, 3, { filters: [2], kernel: 3, pool: 1, dense: [], activation: 'gelu', ...plain }),
  ],
];
const modes: Mode[] = [
  { kind: 'running' },
  { kind: 'batch', chunk: 4 },
  { kind: 'batch', chunk: 2 },
];

describe('Every program', () => {
  it.each(networks)(
    'of %s can be lowered to ONNX and replayed on TensorFlow.js',
    async (_, network) => {
      const found: Program[] = [];
      for (const loss of ['softmax-cross-entropy', 'squared-error'] satisfies LossName[]) {
        const programs = new Programs(network, collector(found), loss);
        for (const mode of modes) {
          await programs.forward(4, mode);
          await programs.gradient(4, mode);
          await programs.hessianVector(4, mode);
        }
        for (const optimizer of [
          { name: 'sgd' },
          { name: 'momentum', momentum: 0.9 },
          { name: 'nesterov', momentum: 0.9 },
          { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        ] as const) {
          const step = new TrainingStep(programs, optimizer, 0.1, initialModel(network, 1));
          const targets = loss === 'squared-error' ? new Int32Array(12) : new Int32Array(4);
          await step.run(new Float32Array(0), targets, 1, 0.1, new RandomStream(1, 'dropout'));
        }
      }
      expect(found.length).toBe(26);
      for (const program of found) {
        for (const kernel of expand(program, (kernel) => !hasLowering(kernel)).nodes)
          expect(hasLowering(kernels.get(kernel.kernel)!), kernel.kernel).toBe(true);
        for (const { kernel } of expand(program, hasDecomposition).nodes)
          expect(tf.getKernel(kernel, 'cpu'), kernel).toBeTruthy();
      }
    },
  );

  it('may hold only kernels that have a lowering or a decomposition, and run on the cpu backend', () => {
    for (const kernel of kernels.values()) {
      const decomposed = hasDecomposition(kernel);
      expect(decomposed || hasLowering(kernel), kernel.name).toBe(true);
      expect(decomposed || tf.getKernel(kernel.name, 'cpu'), kernel.name).toBeTruthy();
    }
  });
});

describe('Expansion', () => {
  const program = trace(
    {
      x: { shape: [1, 4, 4, 1], dtype: 'float32' },
    },
    ({ x }) => ({ y: tf.avgPool(x as never, 2, 2, 'valid') }),
  );

  it('leaves programs without such kernels as they are', () => {
    const same = expand(program, () => true);
    expect(same.nodes.map(({ kernel }) => kernel)).toEqual(['AvgPool', 'Cast']);
    expect(same.outputs.map(({ name }) => name)).toEqual(['y']);
  });

  it('computes the same with and without the kernels of basin’s own', async () => {
    const x = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i * i));
    const pooled = trace({ x: { shape: [1, 4, 4, 1], dtype: 'float32' } }, ({ x }) => ({
      y: tf.maxPool(x as never, 3, 1, 'same'),
    }));
    const tangents = simplify(jvp(pooled, ['x']));
    expect(tangents.nodes.map(({ kernel }) => kernel)).toContain('BasinMaxPoolTangent');
    const executable = await cpuEngine().compile(tangents);
    const found = await executable.run({ x, 'd x': x });
    expect(found['d y']).toEqual(found.y); // along x itself the maximum moves by itself
  });
});
