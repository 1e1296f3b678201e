import type { Kernel } from './kernel.js';
import { elementCount, type Node, type Program, type TensorSpec } from './program.js';
import { asRecorded, replay } from './replay.js';
import { type Tensor, tf } from './tensorflow.js';
import { trace } from './trace.js';

/** Name of the port that carries the tangent of the port `name`. */
export const tangentOf = (name: string): string => `d ${name}`;

/**
 * Forward-mode derivative of a program: the program's inputs, and after them one tangent
 * `tangentOf(name)` for every name in `wrt`; the program's outputs, and after them their tangents
 * sum_i (d output / d input_i) tangent_i. Applied to a gradient program this is the Hessian-vector
 * product (Pearlmutter 1994), exact up to rounding.
 *
 * Where a function has no derivative (a tie of a maximum, the kink of a ReLU) the tangent is the one
 * that belongs to the branch that the gradient program takes, so that the Hessian stays symmetric.
 */
export function jvp(program: Program, wrt: readonly string[]): Program {
  const inputs: Record<string, TensorSpec> = {};
  for (const port of program.inputs) inputs[port.name] = program.values[port.value];
  for (const name of wrt) inputs[tangentOf(name)] = inputs[name];

  return trace(inputs, (tensors) => {
    const tangents = new Map<Tensor, Tensor>();
    for (const name of wrt) tangents.set(tensors[name], tensors[tangentOf(name)]);
    const interpret = (node: Node, kernel: Kernel, nodeInputs: Tensor[]): Tensor[] => {
      const outputs = asRecorded(node, kernel, nodeInputs);
      propagate(node, kernel, nodeInputs, outputs, tangents);
      return outputs;
    };
    const primals = program.inputs.map((port) => tensors[port.name]);
    const outputs = replay(program, primals, interpret);
    const result: Record<string, Tensor> = {};
    program.outputs.forEach(({ name }, i) => (result[name] = outputs[i]));
    program.outputs.forEach(({ name }, i) => {
      result[tangentOf(name)] = tangents.get(outputs[i]) ?? tf.zerosLike(outputs[i]);
    });
    return result;
  });
}

function propagate(
  node: Node,
  kernel: Kernel,
  inputs: Tensor[],
  outputs: Tensor[],
  tangents: Map<Tensor, Tensor>,
): void {
  const inputTangents = inputs.map((input) => tangents.get(input) ?? null);
  if (kernel.tangent === 'zero' || inputTangents.every((tangent) => tangent === null)) return;
  const found = kernel.tangent({ inputs, outputs, tangents: inputTangents, attrs: node.attrs });
  (Array.isArray(found) ? found : [found]).forEach((tangent, i) => {
    if (tangent) tangents.set(outputs[i], broadcast(tangent, outputs[i].shape));
  });
}

/** The tangent of a broadcast operand has the operand's shape; the node's output may be larger. */
function broadcast(tangent: Tensor, shape: number[]): Tensor {
  return tangent.size === elementCount(shape)
    ? tangent.reshape(shape)
    : tf.broadcastTo(tangent, shape);
}
