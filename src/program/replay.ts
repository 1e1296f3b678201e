import { call } from './call.js';
import { kernels } from './kernels/registry.js';
import type { Kernel } from './kernel.js';
import { constantData, type Node, type Program, type ValueId } from './program.js';
import { type Tensor, tf } from './tensorflow.js';

/** What is done with one node: its outputs from its inputs. */
export type Interpreter = (node: Node, kernel: Kernel, inputs: Tensor[]) => Tensor[];

/** Calls every kernel as it stands. */
export const asRecorded: Interpreter = (node, kernel, inputs) => call(kernel, inputs, node.attrs);

/**
 * Runs a program node by node on the current TensorFlow.js backend and returns its outputs: on a real
 * backend this computes, on the recording one it copies, and with another interpreter it transforms.
 */
export function replay(
  program: Program,
  inputs: Tensor[],
  interpret: Interpreter = asRecorded,
): Tensor[] {
  const tensors = new Map<ValueId, Tensor>();
  program.inputs.forEach((port, i) => tensors.set(port.value, inputs[i]));
  const read = (id: ValueId): Tensor => {
    const known = tensors.get(id);
    if (known) return known;
    const constant = program.constants.get(id);
    if (!constant) throw new Error(`Value ${id} is read before it is made.`);
    const { shape, dtype } = program.values[id];
    const tensor = tf.tensor(constantData(constant, program.values[id]), shape, dtype);
    tensors.set(id, tensor);
    return tensor;
  };
  for (const node of program.nodes) {
    const kernel = kernels.get(node.kernel);
    if (!kernel) throw new Error(`Unknown kernel "${node.kernel}".`);
    const outputs = interpret(node, kernel, node.inputs.map(read));
    node.outputs.forEach((id, i) => tensors.set(id, outputs[i]));
  }
  return program.outputs.map((port) => read(port.value));
}
