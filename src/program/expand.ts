import type { Kernel } from './kernel.js';
import type { Program, TensorSpec } from './program.js';
import { asRecorded, replay } from './replay.js';
import type { Tensor } from './tensorflow.js';
import { trace } from './trace.js';

/** The program with every kernel that `which` picks written out in other kernels. */
export function expand(program: Program, which: (kernel: Kernel) => boolean): Program {
  const inputs: Record<string, TensorSpec> = {};
  for (const port of program.inputs) inputs[port.name] = program.values[port.value];
  return trace(inputs, (tensors) => {
    const primals = program.inputs.map((port) => tensors[port.name]);
    const outputs = replay(program, primals, (node, kernel, nodeInputs) =>
      kernel.decompose && which(kernel)
        ? kernel.decompose(nodeInputs, node.attrs)
        : asRecorded(node, kernel, nodeInputs),
    );
    const result: Record<string, Tensor> = {};
    program.outputs.forEach(({ name }, i) => (result[name] = outputs[i]));
    return result;
  });
}
