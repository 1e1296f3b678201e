import { SingleBar } from 'cli-progress';
import type { Observer, Task } from '../study/observer.js';

/** Seconds between two lines of one task where the output is not a terminal. */
const lineEvery = 5;

/** Progress on standard error: one bar a task on a terminal, plain lines elsewhere, so that standard output stays the result. */
export function progressObserver(stream: NodeJS.WriteStream = process.stderr): Observer {
  return {
    task: (label, total) =>
      stream.isTTY ? barTask(stream, label, total) : lineTask(stream, label, total),
    note: (message) => void stream.write(`${message}\n`),
  };
}

function barTask(stream: NodeJS.WriteStream, label: string, total: number): Task {
  const started = performance.now();
  const bar = new SingleBar({
    format: `${label} {bar} {percentage} % | {left} left | {detail}`,
    barsize: 20,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    hideCursor: true,
    clearOnComplete: true,
    stream,
    // Past the expected end the bar stands still rather than run over.
    forceRedraw: true,
  });
  bar.start(total, 0, { left: '?', detail: '' });
  return {
    advance: (done, detail = '') =>
      bar.update(Math.min(done, total), { left: timeLeft(started, done, total), detail }),
    finish(detail = '') {
      bar.stop();
      stream.write(`${summary(label, detail, started)}\n`);
    },
  };
}

function lineTask(stream: NodeJS.WriteStream, label: string, total: number): Task {
  const started = performance.now();
  let last = started;
  return {
    advance(done, detail) {
      const now = performance.now();
      if (now - last < lineEvery * 1000) return;
      last = now;
      const share = Math.min(100, Math.round((100 * done) / total));
      stream.write(
        `${label}: ${share} %, ${timeLeft(started, done, total)} left${detail ? `, ${detail}` : ''}\n`,
      );
    },
    finish: (detail = '') => void stream.write(`${summary(label, detail, started)}\n`),
  };
}

function summary(label: string, detail: string, started: number): string {
  return `${label}: ${detail} (${duration((performance.now() - started) / 1000)})`;
}

function timeLeft(started: number, done: number, total: number): string {
  if (done === 0) return '?';
  return duration((((performance.now() - started) / 1000) * Math.max(0, total - done)) / done);
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
