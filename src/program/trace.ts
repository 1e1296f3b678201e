import { kernelFile, kernels } from './kernels/registry.js';
import type { Kernel } from './kernel.js';
import type { Constant, Data, DType, Node, Port, Program, TensorSpec, ValueId } from './program.js';
import { elementCount } from './program.js';
import { type Tensor, type TensorInfo, tf } from './tensorflow.js';

const backendName = 'basin-trace';

interface Recording {
  values: TensorSpec[];
  constants: Map<ValueId, Constant>;
  nodes: Node[];
  /** TensorFlow.js data identifiers to values. */
  ids: WeakMap<object, ValueId>;
}

let recording: Recording | undefined;

/**
 * Runs `body` once on a recording backend and returns what it did as a program: nothing is computed.
 * Gradients that `body` takes with `tf.grads` are recorded like everything else. Tensors made
 * inside, or captured from outside, become constants. Values cannot be read inside (`dataSync`), and
 * `tf.dropout` or other draws would be frozen: masks are to be inputs.
 *
 * @throws Error that names a kernel without a rule and the file where it belongs.
 */
export function trace(
  inputs: Record<string, TensorSpec>,
  body: (tensors: Record<string, Tensor>) => Record<string, Tensor>,
): Program {
  register();
  const outerRecording = recording;
  const outerBackend = tf.getBackend() ?? 'cpu';
  const current: Recording = { values: [], constants: new Map(), nodes: [], ids: new WeakMap() };
  recording = current;
  void tf.setBackend(backendName); // takes effect at once: the backend's factory is synchronous
  tf.engine().startScope();
  try {
    const ports: Port[] = [];
    const tensors: Record<string, Tensor> = {};
    for (const [name, spec] of Object.entries(inputs)) {
      const info = newValue(spec);
      ports.push({ name, value: valueOf(info) });
      tensors[name] = tf.engine().makeTensorFromTensorInfo(info);
    }
    const results = body(tensors);
    const outputs = Object.entries(results).map(([name, tensor]) => ({
      name,
      value: valueOf(tensor),
    }));
    const twice = ports.find(({ name }) => name in results);
    if (twice) throw new Error(`"${twice.name}" names an input and an output of the program.`);
    const { values, constants, nodes } = current;
    return { values, inputs: ports, constants, nodes, outputs };
  } catch (error) {
    throw explain(error);
  } finally {
    tf.engine().endScope();
    recording = outerRecording;
    void tf.setBackend(outerBackend);
  }
}

function explain(error: unknown): unknown {
  const missing = error instanceof Error && /Kernel '(.+)' not registered/.exec(error.message);
  if (!missing) return error;
  return new Error(
    `basin has no rule for the TensorFlow.js kernel "${missing[1]}". Write the loss without it, or add ` +
      `its shape, tangent and ONNX lowering to ${kernelFile(missing[1])} (docs/architecture.md, "Adding something").`,
  );
}

class TraceBackend extends tf.KernelBackend {
  override write(values: Data, shape: number[], dtype: DType): object {
    const info = newValue({ shape, dtype });
    active().constants.set(valueOf(info), compact(values, elementCount(shape), dtype));
    return info.dataId;
  }
  override readSync(): never {
    throw new Error(
      'A value was read while its program was being traced, when nothing is computed yet: ' +
        'remove dataSync(), arraySync(), data() or array() from the traced function.',
    );
  }
  override read(): never {
    return this.readSync();
  }
  override numDataIds = () => 0;
  override disposeData = () => true;
  override incRef = () => {};
  decRef = () => true;
  override refCount = () => 1;
  override timerAvailable = () => false;
  override memory = () => ({ unreliable: true, reasons: [] });
  override floatPrecision = (): 32 => 32;
  override epsilon = () => 1e-7;
}

let registered = false;
function register(): void {
  if (registered) return;
  registered = true;
  tf.registerBackend(backendName, () => new TraceBackend(), -1);
  for (const kernel of kernels.values()) {
    tf.registerKernel({
      kernelName: kernel.name,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        record(kernel, Array.isArray(inputs) ? inputs : inputOrder(kernel, inputs), attrs ?? {}),
    });
  }
}

function inputOrder(kernel: Kernel, map: Record<string, unknown>): TensorInfo[] {
  if (kernel.inputs === 'list') return Object.values(map) as TensorInfo[];
  return kernel.inputs.map((name) => {
    const info = map[name] as TensorInfo | undefined;
    if (!info) throw new Error(`Kernel "${kernel.name}" was called without "${name}": pass it.`);
    return info;
  });
}

function record(kernel: Kernel, inputs: TensorInfo[], attrs: object): TensorInfo | TensorInfo[] {
  const ids = inputs.map(valueOf);
  const specs = ids.map((id) => active().values[id]);
  const shapes = kernel.shape(specs, attrs as Record<string, unknown>);
  const infos = (Array.isArray(shapes) ? shapes : [shapes]).map(newValue);
  active().nodes.push({
    kernel: kernel.name,
    inputs: ids,
    attrs: { ...attrs },
    outputs: infos.map(valueOf),
  });
  return Array.isArray(shapes) ? infos : infos[0];
}

function active(): Recording {
  if (!recording) throw new Error('The recording backend is only for use inside trace().');
  return recording;
}

function addValue({ shape, dtype }: TensorSpec): ValueId {
  return active().values.push({ shape: [...shape], dtype }) - 1;
}

function newValue(spec: TensorSpec): TensorInfo {
  const dataId = {};
  active().ids.set(dataId, addValue(spec));
  return { dataId, shape: [...spec.shape], dtype: spec.dtype };
}

function valueOf(info: TensorInfo): ValueId {
  return active().ids.get(info.dataId) ?? captured(info);
}

/** A tensor that was made outside: its elements, read from the backend that holds them. */
function captured({ dataId, shape, dtype }: TensorInfo): ValueId {
  const { backend } = tf.engine().state.tensorInfo.get(dataId) ?? {};
  if (!backend || backend instanceof TraceBackend)
    throw new Error('A tensor of another trace was used in this one.');
  const id = addValue({ shape, dtype: dtype as DType });
  active().ids.set(dataId, id);
  const values = backend.readSync(dataId) as Data;
  active().constants.set(id, compact(values, elementCount(shape), dtype as DType));
  return id;
}

function compact(values: ArrayLike<number> | null, count: number, dtype: DType): Constant {
  if (!values) return { fill: 0 };
  const first = values[0];
  let equal = count > 0;
  for (let i = 1; equal && i < count; i++) equal = Object.is(values[i], first);
  if (equal) return { fill: Number(first) };
  if (dtype === 'float32') return { data: Float32Array.from(values) };
  return { data: dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values) };
}
