import type { Box } from './cauchyPoint.js';
import type { CompactHessian, FreeSums } from './compactHessian.js';

/**
 * Minimises the quadratic model over the variables that are free at the Cauchy point, the others kept
 * at their bounds: direct primal method (Byrd, Lu, Nocedal & Zhu 1995, section 5.1). The minimiser is
 * projected onto the box, and only where that is no descent direction from x is the step cut back to
 * the box instead (Morales & Nocedal 2011, section 2).
 *
 * `point` enters as the Cauchy point and leaves as the minimiser; `scratch` is overwritten. Returns
 * false, `point` unchanged, where the small system cannot be factorised. Cost: O(m^2 n).
 */
export function minimiseSubspace(
  x: Float64Array,
  gradient: Float64Array,
  box: Box,
  hessian: CompactHessian,
  active: Uint8Array,
  correction: Float64Array,
  point: Float64Array,
  scratch: Float64Array,
): boolean {
  const { theta, rows, stride, pairs } = hessian;
  const system = hessian.system(freeSums(hessian, active));
  if (system === null) return false;

  // Reduced gradient r = -Z^T (g + B (point - x)), and U^T Z r.
  const qc = hessian.timesQ(correction);
  const projected = new Float64Array(2 * pairs);
  for (let i = 0, row = 0; i < x.length; i++, row += stride) {
    scratch[i] = 0;
    if (active[i] !== 0) continue;
    let r = -gradient[i] - theta * (point[i] - x[i]);
    for (let k = 0; k < qc.length; k++) r += rows[row + k] * qc[k];
    for (let k = 0; k < qc.length; k++) projected[k] += rows[row + k] * r;
    scratch[i] = r;
  }
  const v = system.solve(projected);
  for (let i = 0, row = 0; i < x.length; i++, row += stride) {
    if (active[i] !== 0) continue;
    let sum = 0;
    for (let k = 0; k < v.length; k++) sum += rows[row + k] * v[k];
    scratch[i] = scratch[i] / theta + sum / (theta * theta);
  }
  stepInto(x, gradient, box, active, point, scratch);
  return true;
}

/** Moves `point` by `step` on the free variables, projected or cut back so as to stay in the box. */
function stepInto(
  x: Float64Array,
  gradient: Float64Array,
  { lower, upper }: Box,
  active: Uint8Array,
  point: Float64Array,
  step: Float64Array,
): void {
  let clipped = false;
  let slope = 0;
  let cut = 1;
  let first = -1;
  for (let i = 0; i < x.length; i++) {
    const target = point[i] + step[i];
    const projected = active[i] !== 0 ? point[i] : clamp(target, lower[i], upper[i]);
    slope += (projected - x[i]) * gradient[i];
    if (active[i] !== 0 || (target > lower[i] && target < upper[i])) continue;
    clipped = true;
    const room = (step[i] < 0 ? lower[i] : upper[i]) - point[i];
    // A variable that starts on the bound leaves no room at all.
    if (step[i] !== 0 && Math.abs(room) < cut * Math.abs(step[i])) {
      cut = room / step[i];
      first = i;
    }
  }
  if (!clipped || slope <= 0) cut = 1;
  const project = cut === 1;
  for (let i = 0; i < x.length; i++) {
    if (active[i] !== 0) continue;
    point[i] =
      !project && i === first
        ? step[i] > 0
          ? upper[i]
          : lower[i]
        : clamp(point[i] + cut * step[i], lower[i], upper[i]);
  }
}

function clamp(value: number, lower: number, upper: number): number {
  return Math.min(upper, Math.max(lower, value));
}

/** Products of pairs over the free and over the active variables, for the small system. */
function freeSums(hessian: CompactHessian, active: Uint8Array): FreeSums {
  const { rows, stride, pairs, size } = hessian;
  const square = () => new Float64Array(pairs * pairs);
  const sums = { yy: square(), syFree: square(), syActive: square(), ssActive: square() };
  const y = new Float64Array(pairs);
  const s = new Float64Array(pairs);
  for (let i = 0, row = 0; i < size; i++, row += stride) {
    for (let k = 0; k < pairs; k++) {
      y[k] = rows[row + 2 * k];
      s[k] = rows[row + 2 * k + 1];
    }
    const free = active[i] === 0;
    const own = free ? y : s;
    const triangle = free ? sums.yy : sums.ssActive;
    const sy = free ? sums.syFree : sums.syActive;
    for (let a = 0; a < pairs; a++) {
      const k = a * pairs;
      const left = own[a];
      const sa = s[a];
      for (let b = 0; b <= a; b++) triangle[k + b] += left * own[b];
      for (let b = 0; b < pairs; b++) sy[k + b] += sa * y[b];
    }
  }
  return sums;
}
