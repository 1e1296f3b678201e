import { axpy, dot } from '../../objective/vector.js';
import type { Box } from './cauchyPoint.js';
import type { CompactHessian } from './compactHessian.js';

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
  const { theta, rows, stride } = hessian;
  const free = hessian.freeProducts(active);
  const system = hessian.system(free);
  if (system === null) return false;

  // Reduced gradient r = -Z^T (g + theta (point - x) - U Q c): its rows of U are summed as F Q c.
  for (let i = 0; i < x.length; i++) {
    scratch[i] = active[i] === 0 ? -gradient[i] - theta * (point[i] - x[i]) : 0;
  }
  const weights = hessian.timesQ(correction);
  const projected = hessian.transposeTimes(scratch);
  const width = projected.length;
  for (let k = 0; k < width; k++) projected[k] += dot(Float64Array.from(free.getRow(k)), weights);
  axpy(1 / theta, system.solve(projected), weights);
  for (let i = 0, row = 0; i < x.length; i++, row += stride) {
    if (active[i] !== 0) continue;
    let sum = scratch[i];
    for (let k = 0; k < width; k += 2) {
      sum += rows[row + k] * weights[k] + rows[row + k + 1] * weights[k + 1];
    }
    scratch[i] = sum / theta;
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
