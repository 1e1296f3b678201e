import { dot } from '../../objective/vector.js';
import { BreakpointHeap } from './breakpointHeap.js';
import type { CompactHessian } from './compactHessian.js';

/** l <= x <= u; infinite bounds are allowed, equal bounds fix a variable. */
export interface Box {
  lower: Float64Array;
  upper: Float64Array;
}

/** Buffers of the search, allocated once. */
export class CauchySearch {
  /** The generalized Cauchy point. */
  readonly point: Float64Array;
  /** 1 where the variable is held at a bound at the Cauchy point, 0 where it is free. */
  readonly active: Uint8Array;
  /** U^T (point - x). */
  correction = new Float64Array(0);
  private readonly direction: Float64Array;
  private readonly heap: BreakpointHeap;

  constructor(size: number) {
    this.point = new Float64Array(size);
    this.active = new Uint8Array(size);
    this.direction = new Float64Array(size);
    this.heap = new BreakpointHeap(size);
  }

  /**
   * Generalized Cauchy point: the first local minimiser of the quadratic model along the projected
   * steepest descent path x(t) = P(x - t g) (Byrd, Lu, Nocedal & Zhu 1995, section 4).
   *
   * Walks the breakpoints at which a variable meets its bound. Cost: O(m n), and O(m^2 + log n) for
   * each breakpoint passed.
   */
  find(x: Float64Array, gradient: Float64Array, box: Box, hessian: CompactHessian): void {
    const { point, active, direction, heap } = this;
    const { rows, stride, theta, Q } = hessian;
    const unlimited = this.start(x, gradient, box);
    let slope = -dot(direction, direction);
    const p = hessian.transposeTimes(direction);
    const width = p.length;
    const c = new Float64Array(width);
    this.correction = c;
    if (slope === 0) return;

    let curvature = -theta * slope;
    const least = Number.EPSILON * curvature;
    if (width > 0) curvature -= dot(p, hessian.timesQ(p));
    heap.order();
    const row = new Float64Array(width);
    let time = 0;
    let remaining = -slope / curvature;
    while (heap.count > 0 && remaining >= heap.next - time) {
      const interval = heap.next - time;
      time = heap.next;
      const i = heap.pop();
      const d = direction[i];
      direction[i] = 0;
      active[i] = 1;
      point[i] = d > 0 ? box.upper[i] : box.lower[i];
      if (heap.count === 0 && unlimited === 0) {
        for (let k = 0; k < width; k++) c[k] += interval * p[k];
        // The path ends here: every variable that moves is at a bound.
        remaining = 0;
        break;
      }
      slope += interval * curvature + d * d - theta * d * (point[i] - x[i]);
      curvature -= theta * d * d;
      if (width > 0) {
        let wc = 0;
        let wp = 0;
        let ww = 0;
        for (let k = 0, start = i * stride; k < width; k++) row[k] = rows[start + k];
        for (let a = 0, q = 0; a < width; a++) {
          c[a] += interval * p[a];
          let sum = 0;
          for (let b = 0; b < width; b++, q++) sum += Q[q] * row[b];
          wc += c[a] * sum;
          wp += p[a] * sum;
          ww += row[a] * sum;
        }
        for (let k = 0; k < width; k++) p[k] -= d * row[k];
        slope += d * wc;
        curvature += 2 * d * wp - d * d * ww;
      }
      curvature = Math.max(least, curvature);
      remaining = -slope / curvature;
    }
    remaining = Math.max(0, remaining);
    this.advance(x, time + remaining, box);
    for (let k = 0; k < width; k++) c[k] += remaining * p[k];
  }

  /** Takes x itself as the Cauchy point, every variable free. */
  stay(x: Float64Array, hessian: CompactHessian): void {
    this.point.set(x);
    this.active.fill(0);
    this.correction = new Float64Array(2 * hessian.pairs);
  }

  /** Steepest descent direction, active set and breakpoints at x; returns how many have no breakpoint. */
  private start(x: Float64Array, gradient: Float64Array, { lower, upper }: Box): number {
    const { point, active, direction, heap } = this;
    let unlimited = 0;
    heap.clear();
    for (let i = 0; i < x.length; i++) {
      const d = -gradient[i];
      const held = lower[i] >= upper[i] || (x[i] <= lower[i] ? d <= 0 : x[i] >= upper[i] && d >= 0);
      point[i] = x[i];
      active[i] = held ? 1 : 0;
      direction[i] = held ? 0 : d;
      if (held || d === 0) continue;
      const time = (d < 0 ? lower[i] - x[i] : upper[i] - x[i]) / d;
      if (time < Infinity) heap.push(time, i);
      else unlimited++;
    }
    return unlimited;
  }

  private advance(x: Float64Array, time: number, { lower, upper }: Box): void {
    const { point, direction } = this;
    for (let i = 0; i < x.length; i++) {
      if (direction[i] !== 0) {
        point[i] = Math.min(upper[i], Math.max(lower[i], x[i] + time * direction[i]));
      }
    }
  }
}
