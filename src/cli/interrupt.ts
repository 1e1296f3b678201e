import { constants } from 'node:os';

/** The user or the system asked to stop. */
export class Interrupted extends Error {
  constructor(readonly signalName: 'SIGINT' | 'SIGTERM') {
    super(
      `stopped by ${signalName}; the same command goes on from the last finished epoch and measure`,
    );
  }

  get exitCode(): number {
    return 128 + constants.signals[this.signalName];
  }
}

/** A signal that the first SIGINT or SIGTERM aborts; a second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new Interrupted(name)));
  }
  return controller.signal;
}
