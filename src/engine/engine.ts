import type { Data, Program } from '../program/program.js';

/** Tensors by port name, elements in the order TensorFlow.js has them (row-major, NHWC). */
export type Feeds = Record<string, Data>;

/** A program that is ready to run on an engine. Not to be run twice at the same time. */
export interface Executable {
  /**
   * Runs the program. Outputs for which `results` holds an array are written into it; for the others
   * an array is made. Inputs are only read.
   *
   * @returns all outputs by name, the given arrays among them.
   * @throws Error if an input is missing or has another number of elements than the program says.
   */
  run(inputs: Feeds, results?: Feeds): Promise<Feeds>;
  /** Frees what the engine holds for it. */
  release(): Promise<void>;
}

/** What runs programs. */
export interface Engine {
  /** As written in study files: `onnx`, `cpu`. */
  readonly name: string;
  /** Name and version of the software that computes. */
  readonly version: string;
  /** Processor threads that one run may use. */
  readonly threads: number;
  compile(program: Program): Promise<Executable>;
}

/** @throws Error that names the port and both counts. */
export function checkLength(name: string, data: Data | undefined, expected: number): Data {
  if (!data) throw new Error(`The program needs an input "${name}".`);
  if (data.length !== expected) {
    throw new Error(`Port "${name}" takes ${expected} elements, not ${data.length}.`);
  }
  return data;
}
