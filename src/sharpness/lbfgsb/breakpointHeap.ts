/**
 * Breakpoints in ascending order, taken one by one from a binary heap. Building it costs O(n), each
 * `pop` O(log n), so a search that ends after a few breakpoints never sorts the rest.
 */
export class BreakpointHeap {
  private readonly times: Float64Array;
  private readonly variables: Uint32Array;
  /** Breakpoints left. */
  count = 0;

  constructor(capacity: number) {
    this.times = new Float64Array(capacity);
    this.variables = new Uint32Array(capacity);
  }

  clear(): void {
    this.count = 0;
  }

  /** Adds a breakpoint without ordering; call `order` before the first `pop`. */
  push(time: number, variable: number): void {
    this.times[this.count] = time;
    this.variables[this.count++] = variable;
  }

  order(): void {
    for (let i = (this.count >> 1) - 1; i >= 0; i--) {
      this.sift(i, this.times[i], this.variables[i]);
    }
  }

  /** Time of the next breakpoint. */
  get next(): number {
    return this.times[0];
  }

  /** Removes the next breakpoint and returns its variable. */
  pop(): number {
    const variable = this.variables[0];
    this.count--;
    this.sift(0, this.times[this.count], this.variables[this.count]);
    return variable;
  }

  private sift(hole: number, time: number, variable: number): void {
    const { times, variables, count } = this;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= count) break;
      if (child + 1 < count && times[child + 1] < times[child]) child++;
      if (times[child] >= time) break;
      times[hole] = times[child];
      variables[hole] = variables[child];
      hole = child;
    }
    times[hole] = time;
    variables[hole] = variable;
  }
}
