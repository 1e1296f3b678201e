import { expand } from '../../program/expand.js';
import { kernels } from '../../program/kernels/registry.js';
import type { Layout, OnnxAttribute, OnnxNode } from '../../program/onnxNode.js';
import {
  constantData,
  type Data,
  elementCount,
  type Node,
  type Program,
  type TensorSpec,
  type ValueId,
} from '../../program/program.js';
import { simplify } from '../../program/simplify.js';
import { fuseGemm } from './fuse.js';
import { nameOutputs } from './nameOutputs.js';
import {
  type AttributeProto,
  attributeType,
  elementType,
  type GraphProto,
  type NodeProto,
} from './schema.js';

const toNchw = [0, 3, 1, 2];
const toNhwc = [0, 2, 3, 1];

/** Writes a program as an ONNX graph; its ports keep their names. */
export function lower(program: Program): GraphProto {
  const expanded = simplify(expand(program, (kernel) => !kernel.onnx));
  const lowering = new Lowering(expanded);
  return nameOutputs(fuseGemm(lowering.graph(), lowering.shapes));
}

/** Names of one value in the layouts in which it exists. */
type Names = Partial<Record<Layout, string>>;

class Lowering {
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: GraphProto['initializer'] = [];
  private readonly names = new Map<ValueId, Names>();
  private readonly memo = new Map<string, string[]>();
  /** Shapes of the ONNX values that are values of the program, as TensorFlow.js has them. */
  readonly shapes = new Map<string, number[]>();
  private readonly called: Set<string>;
  private readonly ports: Set<string>;
  private count = 0;

  constructor(private readonly program: Program) {
    this.called = new Set(program.nodes.map((node) => node.kernel));
    this.ports = new Set([...program.inputs, ...program.outputs].map(({ name }) => name));
  }

  graph(): GraphProto {
    const { program } = this;
    for (const { name, value } of program.inputs) this.names.set(value, { nhwc: name });
    for (const [id, constant] of program.constants)
      this.names.set(id, { nhwc: this.constantOf(id, constant) });
    for (const node of program.nodes) kernels.get(node.kernel)!.onnx!(this.nodeView(node));
    for (const { name, value } of program.outputs)
      this.op('Identity', [this.name(value, 'nhwc')], {}, [name]);
    const port = ({ name, value }: Program['inputs'][number]) =>
      valueInfo(name, program.values[value]);
    return {
      name: 'basin',
      node: this.nodes,
      initializer: this.initializers,
      input: program.inputs.map(port),
      output: program.outputs.map(port),
    };
  }

  /** A constant that is the same everywhere is stored once and spread when the model is loaded. */
  private constantOf(id: ValueId, constant: Parameters<typeof constantData>[0]): string {
    const spec = this.program.values[id];
    const small = elementCount(spec.shape) <= 4096;
    if ('data' in constant || small) {
      return this.constant(constantData(constant, spec), spec.shape, spec.dtype);
    }
    const scalar = constantData(constant, { shape: [], dtype: spec.dtype });
    return this.op(
      'Expand',
      [this.constant(scalar, [], spec.dtype), this.constant(spec.shape)],
      {},
    )[0];
  }

  private fresh(): string {
    let name: string;
    do name = `v${this.count++}`;
    while (this.ports.has(name));
    return name;
  }

  op(
    type: string,
    inputs: string[],
    attrs: Record<string, OnnxAttribute>,
    outputs = [this.fresh()],
  ): string[] {
    const attribute = Object.entries(attrs).map(([name, value]) => attributeOf(name, value));
    this.nodes.push({
      opType: type,
      input: inputs,
      output: outputs,
      name: `${type} ${outputs[0]}`,
      attribute,
    });
    return outputs;
  }

  constant(
    values: readonly number[] | Data,
    shape = [values.length],
    dtype: keyof typeof elementType = 'int64',
  ): string {
    const bytes = bytesOf(values, dtype);
    const key = `constant ${dtype} ${shape.join()} ${bytes.length <= 64 ? bytes.join() : this.fresh()}`;
    return this.shared(key, () => {
      const name = this.fresh();
      this.initializers.push({ name, dims: shape, dataType: elementType[dtype], rawData: bytes });
      return [name];
    })[0];
  }

  shared(key: string, make: () => string[]): string[] {
    let names = this.memo.get(key);
    if (!names) this.memo.set(key, (names = make()));
    return names;
  }

  /** The value's name in the layout, transposed to it once if need be. */
  name(id: ValueId, layout: Layout): string {
    const names = this.names.get(id)!;
    const { shape } = this.program.values[id];
    if (shape.length !== 4) return names.nhwc!;
    return (names[layout] ??= this.transposed(
      names[layout === 'nchw' ? 'nhwc' : 'nchw']!,
      shape,
      layout,
    ));
  }

  /** Where there is one channel or one pixel, the elements stay where they are. */
  private transposed(source: string, [n, h, w, c]: number[], layout: Layout): string {
    if (c === 1 || (h === 1 && w === 1)) {
      return this.op(
        'Reshape',
        [source, this.constant(layout === 'nchw' ? [n, c, h, w] : [n, h, w, c])],
        {},
      )[0];
    }
    return this.op('Transpose', [source], { perm: layout === 'nchw' ? toNchw : toNhwc })[0];
  }

  /** The value, of any rank, so that it broadcasts against a rank-4 value in the layout. */
  private operand(id: ValueId, layout: Layout): string {
    const { shape } = this.program.values[id];
    if (shape.length === 4 || layout === 'nhwc') return this.name(id, layout);
    const source = this.name(id, 'nhwc');
    if (shape.length === 0) return source;
    const [n, h, w, c] = [...Array<number>(4 - shape.length).fill(1), ...shape];
    return this.shared(`operand ${source}`, () => {
      if (n * h * w === 1 || c === 1)
        return this.op('Reshape', [source, this.constant([n, c, h, w])], {});
      const lifted = this.op('Reshape', [source, this.constant([n, h, w, c])], {})[0];
      return this.op('Transpose', [lifted], { perm: toNchw });
    })[0];
  }

  private nodeView(node: Node): OnnxNode {
    const { values } = this.program;
    const specs = (ids: ValueId[]) => ids.map((id) => values[id]);
    const liftable = (id: ValueId) => values[id].shape.length <= 4;
    const onlyNchw = (id: ValueId) => this.names.get(id)!.nhwc === undefined;
    return {
      kernel: node.kernel,
      attrs: node.attrs,
      inputs: specs(node.inputs),
      outputs: specs(node.outputs),
      layout: node.inputs.some(onlyNchw) && node.inputs.every(liftable) ? 'nchw' : 'nhwc',
      input: (i, layout = 'nhwc') => this.name(node.inputs[i], layout),
      operand: (i, layout) => this.operand(node.inputs[i], layout),
      op: (type, inputs, attrs = {}) => this.op(type, inputs, attrs)[0],
      ops: (type, inputs, attrs, n) =>
        this.op(
          type,
          inputs,
          attrs,
          Array.from({ length: n }, () => this.fresh()),
        ),
      constant: (data, shape, dtype) => this.constant(data, shape, dtype ?? typeOf(data)),
      shared: (key, make) => this.shared(key, make),
      programHas: (kernel) => this.called.has(kernel),
      emit: (name, layout = 'nhwc', i = 0) => {
        this.names.set(node.outputs[i], { [layout]: name });
        this.shapes.set(name, values[node.outputs[i]].shape);
      },
    };
  }
}

function typeOf(values: readonly number[] | Data): keyof typeof elementType {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Int32Array) return 'int32';
  return values instanceof Uint8Array ? 'bool' : 'int64';
}

function bytesOf(values: readonly number[] | Data, dtype: keyof typeof elementType): Uint8Array {
  const array =
    dtype === 'float32'
      ? Float32Array.from(values)
      : dtype === 'int32'
        ? Int32Array.from(values)
        : dtype === 'bool'
          ? Uint8Array.from(values)
          : BigInt64Array.from([...values].map(BigInt));
  return new Uint8Array(array.buffer);
}

function attributeOf(name: string, value: OnnxAttribute): AttributeProto {
  if (typeof value === 'number') return { name, type: attributeType.int, i: value };
  if (typeof value === 'string')
    return { name, type: attributeType.string, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: attributeType.float, f: value.float };
  return { name, type: attributeType.ints, ints: [...value] };
}

function valueInfo(name: string, { shape, dtype }: TensorSpec) {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: elementType[dtype], shape: { dim } } } };
}
