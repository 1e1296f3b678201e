import type { Kernel } from './kernel.js';
import type { Attributes } from './program.js';
import { type NamedTensorMap, type Tensor, tf } from './tensorflow.js';

/** Makes one kernel call on the current TensorFlow.js backend. */
export function call(kernel: Kernel, inputs: Tensor[], attrs: Attributes): Tensor[] {
  const map =
    kernel.inputs === 'list'
      ? inputs
      : Object.fromEntries(kernel.inputs.map((name, i) => [name, inputs[i]]));
  const result = tf
    .engine()
    .runKernel<Tensor | Tensor[]>(
      kernel.name,
      map as unknown as NamedTensorMap,
      attrs as Parameters<ReturnType<typeof tf.engine>['runKernel']>[2],
    );
  return Array.isArray(result) ? result : [result];
}
