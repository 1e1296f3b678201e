// The public library. Everything else in dist/ may change without notice.

export { InputError } from './error.js';
export { RandomStream } from './random.js';

// Programs: trace what TensorFlow.js would do, differentiate it, run it on an engine.
export { tf } from './program/tensorflow.js';
export { trace } from './program/trace.js';
export { jvp, tangentOf } from './program/jvp.js';
export { simplify } from './program/simplify.js';
export { select, type Program, type TensorSpec } from './program/program.js';
export { openEngine, engineNames } from './engine/choose.js';
export type { Engine, Executable, Feeds } from './engine/engine.js';
export { diagnose } from './engine/doctor.js';

// Data and networks.
export { loadDataset, type Dataset, type DatasetOptions, type Split } from './data/dataset.js';
export { subset } from './data/batches.js';
export {
  defineNetwork,
  defaultNetworkOptions,
  type Network,
  type NetworkOptions,
} from './network/network.js';
export type { Scope } from './network/scope.js';
export { f1 } from './network/f1.js';
export { mlp, type MlpOptions } from './network/mlp.js';
export { cnn, type CnnOptions } from './network/cnn.js';
export type { NetworkChoice } from './network/registry.js';
export { initialModel, modelHash, type Model } from './network/model.js';

// The loss as a function of the weights.
export type { Evaluation, Objective, Vector } from './objective/objective.js';
export {
  networkObjective,
  type ObjectiveOptions,
  type Samples,
} from './objective/networkObjective.js';
export { Programs } from './objective/programs.js';

// Training and measuring.
export {
  train,
  type EpochRecord,
  type TrainingCallbacks,
  type TrainingOptions,
  type TrainingResult,
  type TrainingState,
} from './training/train.js';
export type { OptimizerOptions } from './training/optimizer.js';
export { readCheckpoint, writeCheckpoint } from './training/checkpoint.js';
export { keskar, type KeskarOptions, type KeskarResult } from './sharpness/keskar.js';
export { Subspace, type SubspaceOptions } from './sharpness/subspace.js';
export {
  minimise as minimiseLbfgsb,
  type LbfgsbOptions,
  type LbfgsbResult,
} from './sharpness/lbfgsb/lbfgsb.js';
export { hessianOperator, type LinearOperator } from './curvature/operator.js';
export {
  powerIteration,
  type PowerIterationOptions,
  type PowerIterationResult,
  type EigenPair,
} from './curvature/powerIteration.js';
export { alphaGrid, line, type LinePoint } from './landscape/line.js';
export { generalizationGap, type GeneralizationGap } from './statistics/gap.js';

// Studies and reports.
export { runStudy, type RunOptions, type StudyOutcome } from './study/runStudy.js';
export { studyJsonSchema } from './study/schema.js';
export type { StudyResults, RunResult, MeasureResult, LineResult } from './study/results.js';
export { writeReport } from './report/write.js';
