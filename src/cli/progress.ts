import { SingleBar } from 'cli-progress';
import type { Observer, Task, TaskOptions } from '../study/observer.js';

/** Seconds between two lines of one task where the output is not a terminal. */
const lineEvery = 5;

export interface Progress extends Observer {
  /** Takes away the bar of work that was broken off. */
  close(): void;
}

/** Progress on standard error: one bar a task on a terminal, plain lines elsewhere, so that standard output stays the result. */
export function progressObserver(stream: NodeJS.WriteStream = process.stderr): Progress {
  let bar: SingleBar | undefined;
  return {
    task(label, total, options = {}) {
      if (!stream.isTTY) return lineTask(stream, label, total, options);
      bar = newBar(stream, label);
      return barTask(bar, stream, label, total, options);
    },
    note: (message) => void stream.write(`${message}\n`),
    close: () => bar?.stop(),
  };
}

function newBar(stream: NodeJS.WriteStream, label: string): SingleBar {
  return new SingleBar({
    format: `${label} {bar} {percentage} % | {left} | {detail}`,
    barsize: 20,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    hideCursor: true,
    clearOnComplete: true,
    stream,
    // Past the expected end the bar stands still rather than run over.
    forceRedraw: true,
  });
}

function barTask(
  bar: SingleBar,
  stream: NodeJS.WriteStream,
  label: string,
  total: number,
  options: TaskOptions,
): Task {
  const started = performance.now();
  bar.start(total, options.done ?? 0, { left: 'starting', detail: '' });
  return {
    advance: (done, detail = '') =>
      bar.update(Math.min(done, total), { left: timeLeft(started, done, total, options), detail }),
    finish(detail = '') {
      bar.stop();
      stream.write(`${summary(label, detail, started)}\n`);
    },
  };
}

function lineTask(
  stream: NodeJS.WriteStream,
  label: string,
  total: number,
  options: TaskOptions,
): Task {
  const started = performance.now();
  let last = started;
  return {
    advance(done, detail) {
      const now = performance.now();
      if (now - last < lineEvery * 1000) return;
      last = now;
      const share = Math.min(100, Math.round((100 * done) / total));
      stream.write(
        `${label}: ${share} %, ${timeLeft(started, done, total, options)}${detail ? `, ${detail}` : ''}\n`,
      );
    },
    finish: (detail = '') => void stream.write(`${summary(label, detail, started)}\n`),
  };
}

function summary(label: string, detail: string, started: number): string {
  return `${label}: ${detail} (${duration((performance.now() - started) / 1000)})`;
}

function timeLeft(
  started: number,
  done: number,
  total: number,
  { done: before = 0, atMost = false }: TaskOptions,
): string {
  if (done <= before) return 'starting';
  const pace = (performance.now() - started) / 1000 / (done - before);
  return `${atMost ? 'at most ' : ''}${duration(pace * Math.max(0, total - done))} left`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
