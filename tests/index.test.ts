import { describe, expectTypeOf, it } from 'vitest';
import type * as basin from '../src/index.js';

describe('The public library', () => {
  it('names the types that its functions take', () => {
    type Taken<F extends (...args: never[]) => unknown, I extends number> = NonNullable<
      Parameters<F>[I]
    >;
    expectTypeOf<Taken<typeof basin.loadDataset, 1>>().toEqualTypeOf<basin.DatasetOptions>();
    expectTypeOf<Taken<typeof basin.minimiseLbfgsb, 3>>().toEqualTypeOf<basin.LbfgsbOptions>();
    expectTypeOf<Taken<typeof basin.train, 4>>().toEqualTypeOf<basin.TrainingCallbacks>();
    expectTypeOf<basin.TrainingOptions['optimizer']>().toEqualTypeOf<basin.OptimizerOptions>();
    expectTypeOf<{ name: 'mlp' } & basin.MlpOptions>().toExtend<basin.NetworkChoice>();
  });

  it('names the types that its functions return', () => {
    type Given<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>;
    expectTypeOf<Given<typeof basin.powerIteration>>().toEqualTypeOf<basin.PowerIterationResult>();
    expectTypeOf<Given<typeof basin.minimiseLbfgsb>>().toEqualTypeOf<basin.LbfgsbResult>();
    expectTypeOf<Given<typeof basin.train>>().toEqualTypeOf<basin.TrainingResult>();
    expectTypeOf<basin.RunResult['history'][number]>().toEqualTypeOf<basin.EpochRecord>();
  });
});
