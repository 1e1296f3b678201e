import { InputError, suggestion } from '../error.js';
import type { Engine } from './engine.js';

/** Engines by the names that study files use; the first is the default. */
export const engineNames = ['onnx', 'cpu'] as const;
export type EngineName = (typeof engineNames)[number];

/**
 * An engine by name, loaded when it is asked for: reading a study or printing help loads none.
 *
 * @param options.threads processor threads of one run. Default: the physical cores. `cpu` has one.
 * @throws InputError for a name that is not an engine's.
 */
export async function openEngine(
  name: string,
  { threads }: { threads?: number } = {},
): Promise<Engine> {
  switch (name) {
    case 'onnx':
      return (await import('./onnx/onnxEngine.js')).onnxEngine(threads);
    case 'cpu':
      return (await import('./tfjs/replayEngine.js')).cpuEngine();
  }
  throw new InputError(
    `unknown engine "${name}"${suggestion(name, engineNames) || `, expected one of: ${engineNames.join(', ')}.`}`,
  );
}
