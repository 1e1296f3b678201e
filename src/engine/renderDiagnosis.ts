import type { Diagnosis, EngineDiagnosis } from './doctor.js';

/** A diagnosis as text for a terminal, columns aligned, each problem followed by its remedy. */
export function renderDiagnosis(d: Diagnosis): string {
  const { model, physicalCores, threadsByDefault } = d.processor;
  const names = [...d.engines, ...d.parts].map(({ name }) => name.length);
  const width = Math.max(...names, 'processor'.length);
  const row = (mark: string, name: string, text: string) =>
    `${mark.padEnd(4)}${name.padEnd(width)}  ${text}`;
  const problem = (reason: string, remedy: string | null) =>
    [reason, remedy && `-> ${remedy}`].filter(Boolean).join(`\n${row('', '', '')}`);
  const state = (available: boolean) => (available ? 'ok' : 'no');

  const engines = d.engines.map((engine) =>
    row(state(engine.available), engine.name, text(engine)),
  );
  const parts = d.parts.map(({ name, available, detail, remedy }) =>
    row(state(available), name, problem(detail, remedy)),
  );
  const packages = Object.entries(d.packages).map(
    ([name, version]) => `${name} ${version ?? 'missing'}`,
  );
  const named = (usable: boolean) =>
    d.engines
      .filter((engine) => engine.usable === usable)
      .map(({ name }) => name)
      .join(', ');
  return [
    `basin ${d.basin}, Node.js ${d.node}, ${d.platform}`,
    '',
    row('', 'processor', `${model}, ${count(physicalCores, 'physical core')}`),
    row('', 'threads', `${threadsByDefault} by default`),
    row('', 'memory', `${d.memoryGiB.total} GiB, ${d.memoryGiB.free} free`),
    '',
    'Engines',
    ...engines,
    '',
    `This version of basin computes with: ${named(true)}.`,
    `Looked for, but not used by it yet: ${named(false)}.`,
    '',
    'Parts',
    ...parts,
    '',
    'Packages',
    ...columns(packages),
  ].join('\n');

  function text({ available, version, devices, reason, remedy }: EngineDiagnosis): string {
    const found = [version, ...devices].filter(Boolean).join(', ');
    return available ? found : problem([reason, ...devices].filter(Boolean).join('; '), remedy);
  }
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Two columns. */
function columns(entries: string[]): string[] {
  const half = Math.ceil(entries.length / 2);
  const width = Math.max(...entries.slice(0, half).map(({ length }) => length)) + 4;
  return entries
    .slice(0, half)
    .map((entry, i) => `    ${entry.padEnd(width)}${entries[half + i] ?? ''}`.trimEnd());
}
