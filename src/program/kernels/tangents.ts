import type { Kernel, TangentCall } from '../kernel.js';
import { call } from '../call.js';
import { type Tensor, tf } from '../tensorflow.js';

/** Sum of the terms that are not exact zeros. */
export function sum(...terms: (Tensor | null)[]): Tensor | null {
  const present = terms.filter((term) => term !== null);
  return present.length === 0 ? null : present.reduce((a, b) => tf.add(a, b));
}

/** Product with a tangent, null where that is an exact zero. */
export function times(tangent: Tensor | null, factor: Tensor): Tensor | null {
  return tangent && tf.mul(tangent, factor);
}

/**
 * Tangent of a kernel that is linear in each of the inputs `args` alone (product rule); the other
 * inputs only choose branches or shapes.
 */
export function multilinear(kernel: () => Kernel, args: readonly number[]): Kernel['tangent'] {
  return ({ inputs, tangents, attrs }: TangentCall) =>
    sum(
      ...args.map((arg) => {
        const tangent = tangents[arg];
        if (!tangent) return null;
        return call(
          kernel(),
          inputs.map((input, i) => (i === arg ? tangent : input)),
          attrs,
        )[0];
      }),
    );
}

/** Tangent of a kernel that is linear in all its inputs together; zeros are filled in. */
export function linear(kernel: () => Kernel): Kernel['tangent'] {
  return ({ inputs, tangents, attrs }: TangentCall) =>
    call(
      kernel(),
      tangents.map((tangent, i) => tangent ?? tf.zerosLike(inputs[i])),
      attrs,
    );
}

/**
 * Gives a kernel of truth values zero gradients. TensorFlow.js has none for it, and fails even where the
 * values only choose in `tf.where`.
 */
export function registerZeroGradient(kernelName: string, inputsToSave: string[]): void {
  tf.registerGradient({
    kernelName,
    inputsToSave,
    gradFunc: (_, saved) =>
      Object.fromEntries(inputsToSave.map((name, i) => [name, () => tf.zeros(saved[i].shape)])),
  });
}
