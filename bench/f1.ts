import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Basin } from './basin.js';
import { coretypes, Peer, type Settings, threadSettings } from './peer.js';
import { type Task, tasks } from './tasks.js';

// F1 on MNIST: basin beside PyTorch in one run (README.md).

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 2 : 5;
const say = (line: string) => process.stderr.write(`${line}\n`);

interface Times {
  median: number;
  minimum: number;
  runs: number;
}
interface Row extends Task {
  basin: Times;
  /** Null where there is no PyTorch. */
  peer: (Times & Settings) | null;
}

const peer = await Peer.find();
if (!peer) {
  say('PyTorch was not found, so basin is timed alone. For both sides install torch and numpy for');
  say('Python; on Debian: apt install python3-torch libopenblas0-pthread');
}
const load = loadavg();
const basin = await Basin.open();

const coretype = peer ? await bestCoretype(peer) : null;
const rows: Row[] = [];
for (const task of tasks) rows.push(await sideBySide(task));

const report = {
  processor: cpus()[0].model.trim(),
  loadBefore: load[0],
  loadAfter: loadavg()[0],
  basin: { engine: basin.engine.version, threads: basin.engine.threads },
  peer: peer ? { torch: peer.torch, coretype } : null,
  rows,
};
console.log(options.json ? JSON.stringify(report, null, 2) : table());

/** The kernels with which a product at batch 2048 is fastest, all cores in OpenBLAS. */
async function bestCoretype(side: Peer): Promise<string | null> {
  say("PyTorch's settings: OpenBLAS' kernels");
  const task = tasks.at(-1)!;
  const threads = threadSettings().at(-1)!;
  const candidates = coretypes().map((name) => ({ ...threads, threads: 1, coretype: name }));
  return (await side.fastest(task, candidates, task.quickRepeat)).coretype;
}

/** The two sides in turn, so that a slow minute of the machine hits both. */
async function sideBySide(task: Task): Promise<Row> {
  say(`${task.title}, batch ${task.batch}`);
  const repeat = options.quick ? task.quickRepeat : task.repeat;
  const candidates = threadSettings().map((threads) => ({ ...threads, coretype }));
  const settings = await peer?.fastest(task, candidates, repeat);
  const work = await basin.prepare(task);
  const peerTimes: number[] = [];
  const basinTimes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (peer && settings) peerTimes.push(...(await peer.time(task, settings, repeat)).times_ms);
    for (let i = 0; i < repeat; i++) {
      const start = performance.now();
      await work();
      basinTimes.push(performance.now() - start);
    }
  }
  return {
    ...task,
    basin: summary(basinTimes),
    peer: settings ? { ...summary(peerTimes), ...settings } : null,
  };
}

function summary(times: number[]): Times {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { median, minimum: sorted[0], runs: sorted.length };
}

function table(): string {
  const cells = [
    ['', 'batch', 'PyTorch', 'min', 'threads', 'basin', 'min', 'ratio', 'of minima'],
    ...rows.map(({ title, batch, basin: own, peer: other }) => [
      title,
      `${batch}`,
      ...(other
        ? [ms(other.median), ms(other.minimum), `${other.threads} + ${other.blasThreads}`]
        : ['-', '-', '-']),
      ms(own.median),
      ms(own.minimum),
      ...(other
        ? [ratio(other.median, own.median), ratio(other.minimum, own.minimum)]
        : ['-', '-']),
    ]),
  ];
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  const { engine, threads } = report.basin;
  return [
    'F1 on MNIST, float32, batch statistics. Milliseconds: median of all timed runs, and minimum.',
    'Ratio: PyTorch / basin; above 1 basin is faster. Threads: of torch + of OpenBLAS, the fastest.',
    '',
    `processor  ${report.processor}, load ${report.loadBefore.toFixed(1)} before, ${report.loadAfter.toFixed(1)} after`,
    `basin      ${engine}, ${threads} threads`,
    ...(peer ? [`PyTorch    ${peer.torch}, OPENBLAS_CORETYPE=${coretype ?? ''}`] : []),
    '',
    ...cells.map(line),
  ].join('\n');
}

function ms(time: number): string {
  return time < 100 ? time.toFixed(1) : time.toFixed(0);
}

function ratio(other: number, own: number): string {
  return (other / own).toFixed(2);
}
