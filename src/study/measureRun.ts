import { hessianOperator } from '../curvature/operator.js';
import { type EigenPair, powerIteration } from '../curvature/powerIteration.js';
import { modelHash } from '../network/model.js';
import type { Objective } from '../objective/objective.js';
import { keskar, type KeskarResult } from '../sharpness/keskar.js';
import type { Subspace } from '../sharpness/subspace.js';
import type { MeasureName, ResolvedMeasure } from './measures.js';
import type { Observer, Task } from './observer.js';
import type { MeasureResult } from './results.js';
import type { TrainedRun } from './trainRun.js';
import { version } from './versions.js';
import { samplesSlug, type Workbench } from './workbench.js';

type Options<M extends MeasureName> = Extract<ResolvedMeasure, { measure: M }>['options'];

interface Context {
  objective: Objective;
  weights: Float32Array;
  /** Seed of the streams of the measure: the run's, so that regimes of one seed share directions. */
  seed: number;
  /** The random subspace of that seed. */
  subspace: (columns: number, scaling: Subspace['scaling']) => Promise<Subspace>;
  task: Task;
}

type Outcome = Pick<MeasureResult, 'value' | 'converged' | 'note' | 'details'>;

/** What a measure is, in words, where its progress is shown. */
const headings: Record<MeasureName, string> = {
  keskar: 'sharpness',
  'hessian-top': 'top Hessian eigenvalue',
};

/** How each measure of the registry is computed. */
const methods: { [M in MeasureName]: (context: Context, options: Options<M>) => Promise<Outcome> } =
  {
    async keskar(
      { objective, weights, seed, subspace, task },
      { epsilon, space, iterations, scaling },
    ) {
      const result = await keskar(objective, weights, {
        epsilon,
        iterations,
        seed,
        space: space === 'full' ? 'full' : await subspace(space, scaling),
        onEvaluation: (evaluations, loss) =>
          task.advance(evaluations, `loss ${loss.toPrecision(4)}`),
      });
      const { value, converged, ...details } = result;
      return { value, converged, note: keskarNote(result), details: { ...details } };
    },
    /** The value is the first of k eigenvalues; it counts as converged where all k are. */
    async 'hessian-top'({ objective, weights, seed, task }, { k, tolerance, maxProducts }) {
      const { pairs } = await powerIteration(hessianOperator(objective, weights), {
        k,
        tolerance,
        maxProducts,
        seed,
        onProduct: (pair, products, value, relativeResidual) =>
          task.advance(
            pair * maxProducts + products,
            `${k > 1 ? `eigenvalue ${pair + 1} of ${k}:` : 'eigenvalue'} ${value.toPrecision(4)}, relative residual ${relativeResidual.toExponential(1)} after ${count(products, 'product')}`,
          ),
      });
      const [top] = pairs;
      const open = pairs.find(({ converged }) => !converged);
      const notes = [
        ...(k > 1
          ? [`eigenvalues ${pairs.map(({ value }) => value.toPrecision(6)).join(', ')}`]
          : []),
        ...(open ? [`${whyOpen(open)} (eigenvalue ${pairs.indexOf(open) + 1})`] : []),
      ];
      return {
        value: top.value,
        converged: open === undefined,
        note: notes.join('; '),
        details: { ...top, eigenvalues: pairs },
      };
    },
  };

/** What a reader is to know of a search that did not go straight. */
export function keskarNote({
  restarted,
  startReason,
  failed,
  reason,
}: Pick<KeskarResult, 'restarted' | 'startReason' | 'failed' | 'reason'>): string {
  const cause =
    startReason === 'projected gradient'
      ? 'the start was stationary'
      : 'the first line search failed';
  const broke = reason === 'line search failed' || reason === 'not finite';
  return [
    ...(restarted ? [`${cause}: restarted from a random interior point`] : []),
    ...(broke ? [`${reason}: the best point found is used`] : []),
    ...(failed && !broke ? ['nothing better was found: the start is used'] : []),
  ].join('; ');
}

function whyOpen({ reason, relativeResidual, products }: EigenPair): string {
  return reason === 'not finite'
    ? `a Hessian-vector product was not finite after ${count(products, 'product')}`
    : `not converged after ${count(products, 'product')}: relative residual ${relativeResidual.toExponential(1)}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Steps that a measure's progress counts to; the work may end earlier or go a little beyond. */
function expectedSteps({ measure, options }: ResolvedMeasure): number {
  return measure === 'keskar' ? options.iterations + 2 : options.k * options.maxProducts;
}

/**
 * The result of one measure at a run's final weights: the stored one if it was computed from the same
 * weights, options and samples by this version, else measured and stored. `stored` tells which.
 */
export async function measureRun(
  bench: Workbench,
  { run, folder, model }: Pick<TrainedRun, 'run' | 'folder' | 'model'>,
  resolved: ResolvedMeasure,
  observer: Observer,
): Promise<{ result: MeasureResult; stored: boolean }> {
  const { measure, options, label, slug } = resolved;
  const weightsHash = modelHash(model);
  const provenance = bench.provenance(options);
  const inputs = {
    version,
    measure,
    options: { ...options, ...provenance },
    weightsHash,
    measureOn: bench.measureOn,
  };
  const name = `${slug}-${samplesSlug(provenance)}`;
  const stored = await folder.readMeasure(name, inputs);
  if (stored) return { result: stored, stored: true };

  const task = observer.task(
    `${headings[measure]} of ${run.regime} seed ${run.seed} (${label})`,
    expectedSteps(resolved),
    { atMost: measure === 'hessian-top' },
  );
  const started = performance.now();
  const objective = bench.objective('train', options, model);
  const context: Context = {
    objective,
    weights: model.weights,
    seed: run.seed,
    subspace: (columns, scaling) => bench.subspace(columns, scaling, run.seed),
    task,
  };
  const method = methods[measure] as (context: Context, options: unknown) => Promise<Outcome>;
  const outcome = await method(context, options);
  const result: MeasureResult = {
    measure,
    label,
    options,
    ...outcome,
    provenance: {
      weightsHash,
      ...provenance,
      seed: run.seed,
      seconds: (performance.now() - started) / 1000,
    },
  };
  await folder.writeMeasure(name, inputs, result);
  task.finish(`${result.value.toPrecision(4)}${result.converged ? '' : ' (not converged)'}`);
  return { result, stored: false };
}
