import type { Engine } from '../engine/engine.js';

/**
 * The same engine, but no program starts any more once the signal is aborted. All that takes long is
 * made of many runs of programs, so whatever is under way ends within one of them.
 */
export function interruptible(engine: Engine, signal: AbortSignal | undefined): Engine {
  if (!signal) return engine;
  const { name, version, threads } = engine;
  return {
    name,
    version,
    threads,
    async compile(program) {
      signal.throwIfAborted();
      const executable = await engine.compile(program);
      return {
        async run(inputs, results) {
          signal.throwIfAborted();
          return executable.run(inputs, results);
        },
        release: () => executable.release(),
      };
    },
  };
}
