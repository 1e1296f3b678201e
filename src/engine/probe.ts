import { createRequire } from 'node:module';
import type * as TensorFlow from '@tensorflow/tfjs';
import type { Program } from '../program/program.js';
import type { ProbeName, ProbeReport, Trial } from './doctor.js';

// Run by doctor.ts as a process of its own, one a probe: a driver that crashes or writes to the
// terminal then does neither to basin.

/** sum(relu(x w)), a program that is small and has an exact answer. */
const x = Float32Array.of(1, 2, 3, 4, 5, 6);
const w = Float32Array.of(1, 0, 0, 1, -1, 1);
const answer = 16;

async function program(): Promise<Program> {
  const { tf } = await import('../program/tensorflow.js');
  const { trace } = await import('../program/trace.js');
  return trace(
    { x: { shape: [2, 3], dtype: 'float32' }, w: { shape: [3, 2], dtype: 'float32' } },
    (tensors) => ({
      y: tf.sum(
        tf.relu(tf.matMul(tensors.x as TensorFlow.Tensor2D, tensors.w as TensorFlow.Tensor2D)),
      ),
    }),
  );
}

/** One of basin's engines. */
async function engine(name: string): Promise<Trial> {
  const { openEngine } = await import('./choose.js');
  const opened = await openEngine(name);
  const { y } = await (await opened.compile(await program())).run({ x, w });
  return check(opened.version, y[0]);
}

/** An execution provider of ONNX Runtime. */
async function provider(name: string, label: string): Promise<Trial> {
  const ort = await import('onnxruntime-node');
  const { lower } = await import('./onnx/lower.js');
  const { encodeModel } = await import('./onnx/schema.js');
  const session = await ort.InferenceSession.create(encodeModel(lower(await program())), {
    executionProviders: [name],
  });
  const { y } = await session.run({
    x: new ort.Tensor('float32', x, [2, 3]),
    w: new ort.Tensor('float32', w, [3, 2]),
  });
  return check(`ONNX Runtime ${ort.env.versions.node} (${label})`, (y.data as Float32Array)[0]);
}

/** The native TensorFlow of the optional dependency, without basin's programs. */
async function tensorflow(): Promise<Trial> {
  const native = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu') as typeof TensorFlow;
  const y = native.sum(
    native.relu(native.matMul(native.tensor2d(x, [2, 3]), native.tensor2d(w, [3, 2]))),
  );
  const { isUsingGpuDevice = false } = native.backend() as { isUsingGpuDevice?: boolean };
  const device = isUsingGpuDevice ? 'GPU' : 'CPU';
  return check(`TensorFlow.js ${native.version.tfjs} (native, ${device})`, (await y.data())[0]);
}

/** Text drawn in the charts' font by the rasteriser of reports. */
async function renderer(): Promise<Trial> {
  const require = createRequire(import.meta.url);
  const { Resvg } = await import('@resvg/resvg-js');
  const drawn = new Resvg(
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text x="2" y="15">basin</text></svg>',
    {
      font: {
        fontFiles: [require.resolve('source-sans/TTF/SourceSans3-Regular.ttf')],
        loadSystemFonts: false,
        defaultFontFamily: 'Source Sans 3',
      },
    },
  ).render();
  if (drawn.pixels.every((byte) => byte === 0)) throw new Error('the text left no pixel');
  return { version: 'Source Sans 3 drawn by resvg' };
}

function check(version: string, y: number): Trial {
  if (y !== answer) throw new Error(`computed ${y} where ${answer} is right`);
  return { version };
}

const probes: Record<ProbeName, () => Promise<Trial>> = {
  onnx: () => engine('onnx'),
  cpu: () => engine('cpu'),
  'onnx-cuda': () => provider('cuda', 'CUDA'),
  webgpu: () => provider('webgpu', 'WebGPU'),
  tensorflow,
  renderer,
};

async function report(): Promise<ProbeReport> {
  try {
    return { trial: await probes[process.argv[2] as ProbeName]() };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { error: message, code };
  }
}

const found = await report();
process.send?.(found, () => process.exit());
