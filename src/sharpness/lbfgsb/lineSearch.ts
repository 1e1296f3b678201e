/** Value and derivative along the search direction at one step. */
export interface Trial {
  value: number;
  slope: number;
}

export type LineSearchOutcome = 'accepted' | 'failed' | 'not finite' | 'stopped';

const SUFFICIENT_DECREASE = 1e-3;
const CURVATURE = 0.9;
const INTERVAL = 0.1;
const MOST_EVALUATIONS = 20;

/**
 * Strong-Wolfe line search (Moré & Thuente 1994) with the constants of the published L-BFGS-B:
 * phi(t) <= phi(0) + 1e-3 t phi'(0) and |phi'(t)| <= 0.9 |phi'(0)|, or t = `most` with sufficient
 * decrease and a slope that still falls, or an interval of uncertainty below 0.1 of its upper end.
 *
 * `probe` evaluates one step and returns null to stop the search. The step accepted is the last one
 * probed. `failed`: 20 evaluations without an acceptable step, or `start` is no descent, or the interval
 * shrank away without any reduction (the published code accepts that one as convergence).
 */
export async function lineSearch(
  probe: (step: number) => Promise<Trial | null>,
  start: Trial,
  initial: number,
  most: number,
): Promise<{ step: number; outcome: LineSearchOutcome }> {
  if (!(start.slope < 0) || !(initial > 0)) return { step: 0, outcome: 'failed' };
  const decrease = SUFFICIENT_DECREASE * start.slope;
  let best: Point = { step: 0, ...start };
  let other: Point = best;
  let bracketed = false;
  let modified = true;
  let low = 0;
  let high = 5 * initial;
  let width = most;
  let widthBefore = 2 * width;
  let step = initial;

  for (let evaluation = 0; evaluation < MOST_EVALUATIONS; evaluation++) {
    const trial = await probe(step);
    if (trial === null) return { step, outcome: 'stopped' };
    const { value, slope } = trial;
    if (!Number.isFinite(value) || !Number.isFinite(slope)) return { step, outcome: 'not finite' };
    const enough = value <= start.value + step * decrease;
    const wolfe = enough && Math.abs(slope) <= -CURVATURE * start.slope;
    const capped = enough && step === most && slope <= decrease;
    if (wolfe || capped) return { step, outcome: 'accepted' };
    if (bracketed && (step <= low || step >= high || high - low <= INTERVAL * high)) {
      return { step, outcome: value < start.value ? 'accepted' : 'failed' };
    }
    if (enough && slope >= 0) modified = false;

    // Until a step decreases enough, the auxiliary function phi(t) - t * decrease leads the search.
    const tilt = modified && value <= best.value && !enough ? decrease : 0;
    const next = safeguardedStep(
      tilted(best, -tilt),
      tilted(other, -tilt),
      tilted({ step, value, slope }, -tilt),
      bracketed,
      low,
      high,
    );
    best = tilted(next.best, tilt);
    other = tilted(next.other, tilt);
    bracketed = next.bracketed;
    step = next.step;
    if (bracketed) {
      const interval = Math.abs(other.step - best.step);
      if (interval >= 0.66 * widthBefore) step = best.step + 0.5 * (other.step - best.step);
      widthBefore = width;
      width = interval;
      low = Math.min(best.step, other.step);
      high = Math.max(best.step, other.step);
    } else {
      low = step + 1.1 * (step - best.step);
      high = step + 4 * (step - best.step);
    }
    step = Math.min(Math.max(step, 0), most);
    const stuck = step <= low || step >= high || high - low <= INTERVAL * high;
    if (bracketed && stuck) step = best.step;
  }
  return { step, outcome: 'failed' };
}

interface Point extends Trial {
  step: number;
}

function tilted(point: Point, tilt: number): Point {
  const { step, value, slope } = point;
  return tilt === 0 ? point : { step, value: value + tilt * step, slope: slope + tilt };
}

/**
 * One step of the interval update and of the safeguarded cubic and quadratic interpolation
 * (Moré & Thuente 1994, section 4). `best` has the least value so far, `other` is the second end.
 */
function safeguardedStep(
  best: Point,
  other: Point,
  trial: Point,
  bracketed: boolean,
  low: number,
  high: number,
): { best: Point; other: Point; step: number; bracketed: boolean } {
  const turned = trial.slope * Math.sign(best.slope) < 0;
  const quadratic = () =>
    trial.step + (trial.slope / (trial.slope - best.slope)) * (best.step - trial.step);
  let step: number;
  let brackets = bracketed;

  if (trial.value > best.value) {
    // Higher value: a minimum lies between; the cubic one if it is nearer to the best point.
    const cubic = cubicMinimum(best, trial);
    const chord = (best.value - trial.value) / (trial.step - best.step) + best.slope;
    const parabola = best.step + (best.slope / chord / 2) * (trial.step - best.step);
    step =
      Math.abs(cubic - best.step) < Math.abs(parabola - best.step)
        ? cubic
        : cubic + (parabola - cubic) / 2;
    brackets = true;
  } else if (turned) {
    // Lower value, slope of the other sign: the interpolation that steps farther.
    const cubic = cubicMinimum(trial, best);
    const secant = quadratic();
    step = Math.abs(cubic - trial.step) > Math.abs(secant - trial.step) ? cubic : secant;
    brackets = true;
  } else if (Math.abs(trial.slope) < Math.abs(best.slope)) {
    // Lower value, flatter slope: the cubic only if it turns up beyond the trial step.
    const cubic = cubicBeyond(trial, best) ?? (trial.step > best.step ? high : low);
    const secant = quadratic();
    const cubicNearer = Math.abs(cubic - trial.step) < Math.abs(secant - trial.step);
    step = cubicNearer === bracketed ? cubic : secant;
    if (bracketed) {
      const limit = trial.step + 0.66 * (other.step - trial.step);
      step = trial.step > best.step ? Math.min(limit, step) : Math.max(limit, step);
    } else {
      step = Math.max(low, Math.min(high, step));
    }
  } else if (bracketed) {
    step = cubicMinimum(trial, other);
  } else {
    step = trial.step > best.step ? high : low;
  }

  if (trial.value > best.value) return { best, other: trial, step, bracketed: brackets };
  return { best: trial, other: turned ? best : other, step, bracketed: brackets };
}

/** theta and gamma of the cubic through two points; gamma^2 below zero counts as zero. */
function cubicTerms(a: Point, b: Point): { theta: number; gamma: number } {
  const theta = (3 * (b.value - a.value)) / (a.step - b.step) + a.slope + b.slope;
  const size = Math.max(Math.abs(theta), Math.abs(a.slope), Math.abs(b.slope));
  const square = (theta / size) ** 2 - (a.slope / size) * (b.slope / size);
  return { theta, gamma: size * Math.sqrt(Math.max(0, square)) };
}

/** Minimiser of the cubic through `a` and `b`, formed as a step from `a`. */
function cubicMinimum(a: Point, b: Point): number {
  const { theta, gamma: root } = cubicTerms(a, b);
  const gamma = b.step < a.step ? -root : root;
  const ratio = (gamma - a.slope + theta) / (gamma - a.slope + gamma + b.slope);
  return a.step + ratio * (b.step - a.step);
}

/** Minimiser of the cubic through `trial` and `best` if it lies beyond `trial`, else undefined. */
function cubicBeyond(trial: Point, best: Point): number | undefined {
  const { theta, gamma: root } = cubicTerms(trial, best);
  const gamma = trial.step > best.step ? -root : root;
  const ratio = (gamma - trial.slope + theta) / (gamma + (best.slope - trial.slope) + gamma);
  return ratio < 0 && gamma !== 0 ? trial.step + ratio * (best.step - trial.step) : undefined;
}
