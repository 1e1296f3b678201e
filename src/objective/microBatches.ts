/** Consecutive samples that go through a program at once; `padded` is the program's batch size. */
export interface MicroBatch {
  start: number;
  count: number;
  padded: number;
}

/** Numbers of forward-pass activations that a micro-batch may hold; a second derivative keeps about twelve times that. */
const activationBudget = 72e6;

/**
 * Samples that go through at once: as many as the budget allows, at least one chunk, in parts of
 * equal size. Large parts spare calls; small ones spare memory and keep one call well under a second.
 */
export function microBatchSize(
  activations: number,
  samples: number,
  chunk: number,
  most?: number,
): number {
  const allowed = most ?? Math.floor(activationBudget / activations);
  const wanted = Math.min(Math.max(1, Math.floor(allowed)), samples);
  if (chunk > 1) return Math.max(1, Math.floor(wanted / chunk)) * chunk;
  return Math.ceil(samples / Math.ceil(samples / wanted));
}

/**
 * All samples in order. Without batch statistics (`chunk` 1) a shorter last part is filled up, so that
 * one program serves all; with them it is split into whole chunks and what is left, as filling up
 * would change the statistics.
 */
export function microBatches(samples: number, size: number, chunk: number): MicroBatch[] {
  const parts: MicroBatch[] = [];
  for (let start = 0; start < samples;) {
    const left = samples - start;
    const whole = chunk > 1 && left < size && left > chunk ? left - (left % chunk) : left;
    const count = Math.min(whole, size);
    parts.push({ start, count, padded: chunk > 1 ? count : size });
    start += count;
  }
  return parts;
}
