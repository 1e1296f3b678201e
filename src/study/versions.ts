import { readFileSync } from 'node:fs';
import { cpus, totalmem, type as osType, release } from 'node:os';
import type { Engine } from '../engine/engine.js';
import type { StudyResults } from './results.js';

/** Version of this package. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;

/** Versions of what computes, for provenance. */
export function versions(engine: Engine): Record<string, string> {
  return { basin: version, node: process.version, engine: engine.version };
}

/** What results are computed on. */
export function hardware(): StudyResults['hardware'] {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${osType()} ${release()}`,
    node: process.version,
  };
}
