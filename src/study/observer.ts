/** Who is told how far long work has come: the command line, or nobody. */
export interface Observer {
  /** A piece of work of `total` steps begins. */
  task(label: string, total: number, progress?: TaskOptions): Task;
  /** A line of news. */
  note(message: string): void;
}

export interface TaskOptions {
  /** Steps that were done before, by a run that this one goes on from. Default 0. */
  done?: number;
  /** The total is a limit that the work may stay far below. Default false. */
  atMost?: boolean;
}

export interface Task {
  /** `done` steps of the total are finished. */
  advance(done: number, detail?: string): void;
  /** The work has ended, whatever the total was. */
  finish(detail?: string): void;
}

/** Tells nobody. */
export const silent: Observer = {
  task: () => ({ advance: () => {}, finish: () => {} }),
  note: () => {},
};
