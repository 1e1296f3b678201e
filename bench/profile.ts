import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import type { Engine } from '../src/engine/engine.js';
import { lower } from '../src/engine/onnx/lower.js';
import { encodeModel } from '../src/engine/onnx/schema.js';
import { physicalCores } from '../src/engine/threads.js';
import { f1 } from '../src/network/f1.js';
import { initialModel } from '../src/network/model.js';
import { Programs } from '../src/objective/programs.js';
import { allocate, elementCount, type Program } from '../src/program/program.js';
import { RandomStream } from '../src/random.js';
import { TrainingStep } from '../src/training/trainingStep.js';
import { adam } from './adam.js';

// Where the time of F1's programs goes: ONNX Runtime's own profile (README.md).

const { values: options } = parseArgs({
  options: {
    batch: { type: 'string', default: '2048' },
    program: { type: 'string', default: 'hessian-vector' },
  },
});
const batch = Number(options.batch);
const runs = 5;
/** Kernels with their shapes that the second table shows. */
const most = 12;

const folder = mkdtempSync(path.join(tmpdir(), 'basin-profile-'));
const program = await tracedProgram();
const threads = physicalCores();
const session = await ort.InferenceSession.create(encodeModel(lower(program)), {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  enableProfiling: true,
  profileFilePrefix: path.join(folder, 'profile'),
  extra: { session: { intra_op: { allow_spinning: '1' }, set_denormal_as_zero: '1' } },
});
const feeds = inputs(program);
for (let i = 0; i < runs + 1; i++) await session.run(feeds);
print(events());

/** The program as it reaches the engine, which here keeps it and computes nothing. */
async function tracedProgram(): Promise<Program> {
  let kept: Program | undefined;
  const engine: Engine = {
    name: 'none',
    version: '',
    threads: 1,
    async compile(given) {
      kept = given;
      return { run: async () => ({ losses: new Float32Array(batch) }), release: async () => {} };
    },
  };
  const network = f1([28, 28, 1], 10);
  const programs = new Programs(network, engine);
  const mode = { kind: 'batch', chunk: batch } as const;
  switch (options.program) {
    case 'hessian-vector':
      await programs.hessianVector(batch, mode);
      break;
    case 'gradient':
      await programs.gradient(batch, mode);
      break;
    case 'training': {
      const step = new TrainingStep(programs, adam, 0, initialModel(network, 1));
      const labels = new Int32Array(batch);
      await step.run(new Float32Array(batch * 784), labels, 1, 1e-3, new RandomStream(1, 'none'));
      break;
    }
    default:
      throw new Error(
        `--program ${options.program}: expected hessian-vector, gradient or training.`,
      );
  }
  return kept!;
}

/** Small random numbers; labels all 0. */
function inputs({ inputs: ports, values }: Program): Record<string, ort.Tensor> {
  const stream = new RandomStream(1, 'profile');
  const tensors = ports.map(({ name, value }) => {
    const { shape, dtype } = values[value];
    const data = allocate(dtype, elementCount(shape));
    if (data instanceof Float32Array)
      for (let i = 0; i < data.length; i++) data[i] = 0.1 * stream.uniform();
    return [name, new ort.Tensor(dtype, data, shape)];
  });
  return Object.fromEntries(tensors) as Record<string, ort.Tensor>;
}

/** As ONNX Runtime writes them; times in microseconds. */
interface ProfileEvent {
  cat: string;
  name: string;
  ts: number;
  dur: number;
  args?: { op_name?: string; input_type_shape?: Record<string, number[]>[] };
}

function events(): { kernels: ProfileEvent[]; whole: number } {
  session.endProfiling();
  const [file] = readdirSync(folder);
  const all = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as ProfileEvent[];
  rmSync(folder, { recursive: true });
  const wholes = all.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const warm = wholes.slice(1); // the first run allocates
  return {
    kernels: all.filter(({ name, ts }) => name.endsWith('_kernel_time') && ts >= warm[0].ts),
    whole: warm.reduce((total, { dur }) => total + dur, 0),
  };
}

function print({ kernels, whole }: { kernels: ProfileEvent[]; whole: number }): void {
  const total = kernels.reduce((sum, { dur }) => sum + dur, 0);
  console.log(
    `F1, ${options.program} at batch ${batch}: ${threads} threads, mean of ${runs} runs.`,
  );
  console.log(
    `Whole run ${ms(whole)} ms, of which in ${kernels.length / runs} kernels ${ms(total)} ms.`,
  );
  table(
    'operator',
    group(kernels, ({ args }) => args!.op_name!),
    total,
  );
  const shapes = ({ args }: ProfileEvent) =>
    args!.input_type_shape!.map((type) => `[${Object.values(type)[0].join(', ')}]`).join(' ');
  const detailed = group(kernels, (event) => `${event.args!.op_name} ${shapes(event)}`);
  table(`operator and input shapes, the ${most} costliest`, detailed.slice(0, most), total);
}

interface Group {
  name: string;
  calls: number;
  time: number;
}

/** Costliest first. */
function group(kernels: ProfileEvent[], nameOf: (event: ProfileEvent) => string): Group[] {
  const groups = new Map<string, Group>();
  for (const event of kernels) {
    const name = nameOf(event);
    const { calls, time } = groups.get(name) ?? { calls: 0, time: 0 };
    groups.set(name, { name, calls: calls + 1, time: time + event.dur });
  }
  return [...groups.values()].sort((a, b) => b.time - a.time);
}

function table(title: string, groups: Group[], total: number): void {
  console.log(`\n calls        ms   share  ${title}`);
  for (const { name, calls, time } of groups) {
    const share = `${((100 * time) / total).toFixed(1)} %`;
    console.log(
      `${`${calls / runs}`.padStart(6)}${ms(time).padStart(10)}${share.padStart(8)}  ${name}`,
    );
  }
}

/** Milliseconds a run. */
function ms(microseconds: number): string {
  return (microseconds / 1000 / runs).toFixed(2);
}
