import { kernels } from './kernels/registry.js';
import {
  allocate,
  type Constant,
  constantData,
  type Data,
  type DType,
  type Node,
  type Program,
  sameShape,
  type TensorSpec,
  type ValueId,
} from './program.js';
import { call } from './call.js';
import { tf } from './tensorflow.js';

/** Largest constant that folding may create, in elements; larger ones are cheaper made when they are needed. */
const foldLimit = 4096;

/**
 * The same function in fewer kernel calls: common subexpressions, calls whose inputs are all
 * constants, products with one, sums with zero, casts and reshapes that change nothing, and whatever
 * no output needs, are removed. Results are the same bits, but for 0 * NaN and the sign of zero.
 */
export function simplify(program: Program): Program {
  const constants = new Map(program.constants);
  const replaced = new Map<ValueId, ValueId>();
  const made = new Map<ValueId, Node>();
  const seen = new Map<string, Node>();
  const resolve = (id: ValueId): ValueId => replaced.get(id) ?? id;
  const context: Context = { values: program.values, constants, made };

  const nodes: Node[] = [];
  mergeConstants(program, constants, replaced);
  for (const original of program.nodes) {
    const node = { ...original, inputs: original.inputs.map(resolve) };
    const same = rewrite(node, context);
    if (same !== undefined) {
      replaced.set(node.outputs[0], same);
      continue;
    }
    const folded = fold(node, context);
    if (folded) {
      constants.set(node.outputs[0], folded);
      continue;
    }
    const key = keyOf(node, program.values);
    const twin = seen.get(key);
    if (twin) {
      node.outputs.forEach((id, i) => replaced.set(id, twin.outputs[i]));
      continue;
    }
    seen.set(key, node);
    node.outputs.forEach((id) => made.set(id, node));
    nodes.push(node);
  }
  const outputs = program.outputs.map(({ name, value }) => ({ name, value: resolve(value) }));
  return prune({ ...program, constants, nodes, outputs });
}

interface Context {
  values: TensorSpec[];
  constants: Map<ValueId, Constant>;
  made: Map<ValueId, Node>;
}

function mergeConstants(
  program: Program,
  constants: Map<ValueId, Constant>,
  replaced: Map<ValueId, ValueId>,
): void {
  const seen = new Map<string, ValueId>();
  for (const [id, constant] of constants) {
    if (!('fill' in constant)) continue;
    const { shape, dtype } = program.values[id];
    const key = `${dtype} ${shape.join()} ${Object.is(constant.fill, -0) ? '-0' : constant.fill}`;
    const twin = seen.get(key);
    if (twin === undefined) seen.set(key, id);
    else replaced.set(id, twin);
  }
}

/** JSON has neither infinities nor NaN nor -0; a padding may be any of them. */
const spellOut = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${Object.is(value, -0) ? '-0' : value}`
    : value;

function keyOf(node: Node, values: TensorSpec[]): string {
  const outputs = node.outputs.map((id) => `${values[id].dtype} ${values[id].shape.join()}`);
  return `${node.kernel} ${node.inputs.join()} ${JSON.stringify(node.attrs, spellOut)} ${outputs.join(';')}`;
}

/** The value that the node's only output equals, if there is one already. */
function rewrite(node: Node, { values, constants, made }: Context): ValueId | undefined {
  const [x, y] = node.inputs;
  const output = values[node.outputs[0]];
  const unchanged = (id: ValueId) =>
    sameShape(values[id].shape, output.shape) && values[id].dtype === output.dtype;
  const isFill = (id: ValueId, value: number) => {
    const constant = constants.get(id);
    return constant !== undefined && 'fill' in constant && constant.fill === value;
  };
  switch (node.kernel) {
    case 'Identity':
      return x;
    case 'Reshape':
    case 'ExpandDims':
    case 'Tile':
      if (unchanged(x)) return x;
      break;
    case 'Transpose':
      if ((node.attrs.perm as number[]).every((axis, i) => axis === i)) return x;
      break;
    case 'Cast':
      return unchanged(x) ? x : castBack(node, { values, constants, made });
    case 'Multiply':
      if (isFill(y, 1) && unchanged(x)) return x;
      if (isFill(x, 1) && unchanged(y)) return y;
      break;
    case 'Add':
      if (isFill(y, 0) && unchanged(x)) return x;
      if (isFill(x, 0) && unchanged(y)) return y;
      break;
    case 'Sub':
      if (isFill(y, 0) && unchanged(x)) return x;
      break;
    case 'RealDiv':
      if (isFill(y, 1) && unchanged(x)) return x;
      break;
    case 'Neg': {
      const inner = made.get(x);
      if (inner?.kernel === 'Neg') return inner.inputs[0];
      break;
    }
  }
  if (node.kernel === 'Reshape' || node.kernel === 'ExpandDims') {
    const inner = made.get(x);
    if (inner?.kernel === 'Reshape' || inner?.kernel === 'ExpandDims') {
      if (unchanged(inner.inputs[0])) return inner.inputs[0];
      node.kernel = 'Reshape';
      node.inputs = [inner.inputs[0]];
      node.attrs = { shape: output.shape };
    }
  }
  return undefined;
}

/** Whole numbers cast to an integer type and back, as in TensorFlow.js' gradient of a ReLU. */
function castBack(node: Node, { values, made }: Context): ValueId | undefined {
  const inner = made.get(node.inputs[0]);
  if (inner?.kernel !== 'Cast') return undefined;
  const source = inner.inputs[0];
  const producer = made.get(source);
  const integral = producer && kernels.get(producer.kernel)?.integral?.(producer.attrs);
  const same = values[source].dtype === values[node.outputs[0]].dtype;
  if (integral && same && values[inner.outputs[0]].dtype === 'int32') return source;
  return undefined;
}

/** The node's value if all its inputs are constants and it is small or the same everywhere. */
function fold(node: Node, { values, constants }: Context): Constant | undefined {
  if (node.outputs.length !== 1) return undefined;
  if (node.kernel === 'ZerosLike') return { fill: 0 };
  if (node.kernel === 'OnesLike') return { fill: 1 };
  const inputs = node.inputs.map((id) => constants.get(id));
  if (!inputs.every((constant) => constant !== undefined)) return undefined;
  const output = values[node.outputs[0]];
  const { attrs } = node;
  if (node.kernel === 'Fill') return { fill: attrs.value as number };
  const movesOnly = ['Reshape', 'ExpandDims', 'Transpose', 'Tile', 'Slice', 'Reverse'];
  if (movesOnly.includes(node.kernel) && 'fill' in inputs[0]) return inputs[0];
  if (node.kernel === 'Cast' && 'fill' in inputs[0])
    return { fill: castNumber(inputs[0].fill, values[node.inputs[0]].dtype, output.dtype) };
  const kernel = kernels.get(node.kernel);
  const specs = [output, ...node.inputs.map((id) => values[id])];
  if (
    !kernel ||
    kernel.decompose ||
    specs.some(({ shape }) => shape.reduce((n, s) => n * s, 1) > foldLimit)
  ) {
    return undefined;
  }
  const outer = tf.getBackend() ?? 'cpu';
  void tf.setBackend('cpu');
  try {
    return tf.tidy(() => {
      const tensors = node.inputs.map((id, i) =>
        tf.tensor(constantData(inputs[i], values[id]), values[id].shape, values[id].dtype),
      );
      const data: Data = call(kernel, tensors, attrs)[0].dataSync();
      return data.length > 0 && data.every((value) => Object.is(value, data[0]))
        ? { fill: data[0] }
        : { data: data.slice() };
    });
  } finally {
    void tf.setBackend(outer);
  }
}

function castNumber(value: number, from: DType, to: DType): number {
  const [held] = allocate(from, 1).fill(value);
  return to === 'bool' ? Number(held !== 0) : allocate(to, 1).fill(held)[0];
}

/** Without nodes and constants that no output needs. */
function prune(program: Program): Program {
  const needed = new Set(program.outputs.map(({ value }) => value));
  const nodes: Node[] = [];
  for (const node of [...program.nodes].reverse()) {
    if (!node.outputs.some((id) => needed.has(id))) continue;
    node.inputs.forEach((id) => needed.add(id));
    nodes.push(node);
  }
  const constants = new Map([...program.constants].filter(([id]) => needed.has(id)));
  return { ...program, constants, nodes: nodes.reverse() };
}
