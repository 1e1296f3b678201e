import { setImmediate } from 'node:timers/promises';
import { kernels } from '../../program/kernels/registry.js';
import { allocate, type Data, elementCount, type Program } from '../../program/program.js';
import { expand } from '../../program/expand.js';
import { replay } from '../../program/replay.js';
import { simplify } from '../../program/simplify.js';
import { tf } from '../../program/tensorflow.js';
import { checkLength, type Engine, type Executable, type Feeds } from '../engine.js';

/** Replays programs on TensorFlow.js' plain JavaScript backend: slow, the reference. */
export function cpuEngine(): Engine {
  return {
    name: 'cpu',
    version: `TensorFlow.js ${tf.version.tfjs} (cpu)`,
    threads: 1,
    compile: async (program) =>
      new Replay(simplify(expand(program, (kernel) => kernel.decompose !== undefined)), 'cpu'),
  };
}

class Replay implements Executable {
  constructor(
    private readonly program: Program,
    private readonly backend: string,
  ) {
    const missing = program.nodes.find(({ kernel }) => !tf.getKernel(kernel, backend));
    if (missing)
      throw new Error(
        `The backend "${backend}" has no kernel "${missing.kernel}" (${kernels.size} known).`,
      );
  }

  async run(inputs: Feeds, results: Feeds = {}): Promise<Feeds> {
    await tf.setBackend(this.backend);
    const { program } = this;
    const outputs = tf.tidy(() => {
      const tensors = program.inputs.map(({ name, value }) => {
        const { shape, dtype } = program.values[value];
        return tf.tensor(checkLength(name, inputs[name], elementCount(shape)), shape, dtype);
      });
      return replay(program, tensors);
    });
    const feeds: Feeds = {};
    for (const [i, { name, value }] of program.outputs.entries()) {
      const data: Data = await outputs[i].data();
      const { dtype } = program.values[value];
      // A cast may have left the elements as they were.
      feeds[name] = checkLength(name, results[name] ?? allocate(dtype, data.length), data.length);
      feeds[name].set(data);
    }
    tf.dispose(outputs);
    await setImmediate(); // timers and signals have their turn between two runs
    return feeds;
  }

  async release(): Promise<void> {}
}
