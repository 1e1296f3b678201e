import { createRequire } from 'node:module';
import * as ort from 'onnxruntime-node';
import { type Data, elementCount, type Program, type TensorSpec } from '../../program/program.js';
import { checkLength, type Engine, type Executable, type Feeds } from '../engine.js';
import { physicalCores } from '../threads.js';
import { lower } from './lower.js';
import { encodeModel } from './schema.js';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
  version: string;
};

/** ONNX Runtime on the processor: the default engine. */
export function onnxEngine(threads = physicalCores()): Engine {
  return {
    name: 'onnx',
    version: `ONNX Runtime ${version} (CPU)`,
    threads,
    compile: async (program) => new Session(program, await open(program, threads)),
  };
}

function open(program: Program, threads: number): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(encodeModel(lower(program)), {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '1' }, set_denormal_as_zero: '1' } },
  });
}

class Session implements Executable {
  private readonly outputs: [string, TensorSpec][];
  private readonly inputs: [string, TensorSpec][];

  constructor(
    program: Program,
    private readonly session: ort.InferenceSession,
  ) {
    const spec = ({ name, value }: Program['inputs'][number]): [string, TensorSpec] => [
      name,
      program.values[value],
    ];
    this.inputs = program.inputs.map(spec);
    this.outputs = program.outputs.map(spec);
  }

  async run(inputs: Feeds, results: Feeds = {}): Promise<Feeds> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, spec] of this.inputs) feeds[name] = tensor(name, inputs[name], spec);
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const [name, spec] of this.outputs)
      fetches[name] = results[name] ? tensor(name, results[name], spec) : null;
    const found = await this.session.run(feeds, fetches);
    const outputs: Feeds = {};
    for (const [name] of this.outputs) outputs[name] = results[name] ?? (found[name].data as Data);
    return outputs;
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/** A view, not a copy. */
function tensor(name: string, data: Data, { shape, dtype }: TensorSpec): ort.Tensor {
  return new ort.Tensor(dtype, checkLength(name, data, elementCount(shape)), shape);
}
