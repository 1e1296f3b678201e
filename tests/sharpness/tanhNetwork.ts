import type { Objective, Vector } from '../../src/objective/objective.js';

/** Tanh layer and softmax cross-entropy in plain float64, with its gradient written by hand. */
export function tanhNetwork(inputs: number[][], labels: number[], hidden: number, classes: number) {
  const width = inputs[0].length;
  const [b1, w2] = [width * hidden, width * hidden + hidden];
  const b2 = w2 + hidden * classes;
  const size = b2 + classes;

  async function gradient(w: Vector) {
    const out = new Float64Array(size);
    let loss = 0;
    inputs.forEach((x, sample) => {
      const h = Array.from({ length: hidden }, (_, j) =>
        Math.tanh(x.reduce((sum, xi, i) => sum + xi * w[i * hidden + j], w[b1 + j])),
      );
      const logits = Array.from({ length: classes }, (_, c) =>
        h.reduce((sum, hj, j) => sum + hj * w[w2 + j * classes + c], w[b2 + c]),
      );
      const top = Math.max(...logits);
      const total = logits.reduce((sum, l) => sum + Math.exp(l - top), 0);
      loss += (Math.log(total) + top - logits[labels[sample]]) / inputs.length;
      const error = logits.map(
        (l, c) => (Math.exp(l - top) / total - (c === labels[sample] ? 1 : 0)) / inputs.length,
      );
      error.forEach((e, c) => (out[b2 + c] += e));
      h.forEach((hj, j) => {
        let back = 0;
        error.forEach((e, c) => {
          out[w2 + j * classes + c] += hj * e;
          back += w[w2 + j * classes + c] * e;
        });
        back *= 1 - hj * hj;
        out[b1 + j] += back;
        x.forEach((xi, i) => (out[i * hidden + j] += xi * back));
      });
    });
    return { loss, gradient: out };
  }

  return functionObjective(size, gradient);
}

/** An objective from value and gradient alone. */
export function functionObjective(
  size: number,
  gradient: (w: Vector) => Promise<{ loss: number; gradient: Float64Array }>,
): Objective {
  return {
    size,
    samples: 1,
    gradient,
    evaluate: async (w) => ({ loss: (await gradient(w)).loss, accuracy: 0 }),
    hessianVector: () => Promise.reject(new Error('not needed')),
  };
}
