/** One thing that both sides do. */
export interface Task {
  /** As the peer's `--what`. */
  what: 'epoch' | 'gradient' | 'hvp';
  batch: number;
  title: string;
  /** Timed runs in a row before the other side has its turn; in a quick bench. */
  repeat: number;
  quickRepeat: number;
}

export const tasks: Task[] = [
  { what: 'epoch', batch: 256, title: 'Adam epoch', repeat: 1, quickRepeat: 1 },
  { what: 'gradient', batch: 256, title: 'gradient', repeat: 20, quickRepeat: 10 },
  { what: 'gradient', batch: 2048, title: 'gradient', repeat: 6, quickRepeat: 3 },
  { what: 'hvp', batch: 256, title: 'Hessian-vector', repeat: 10, quickRepeat: 5 },
  { what: 'hvp', batch: 2048, title: 'Hessian-vector', repeat: 4, quickRepeat: 2 },
];
