import type { Kernel } from '../kernel.js';
import { activationKernels } from './activation.js';
import { binaryKernels } from './binary.js';
import { convolutionKernels } from './convolution.js';
import { creationKernels } from './creation.js';
import { gatherKernels } from './gather.js';
import { joiningKernels } from './joining.js';
import { matmulKernels } from './matmul.js';
import { normalizationKernels } from './normalization.js';
import { poolingKernels } from './pooling.js';
import { reductionKernels } from './reduction.js';
import { shapeKernels } from './shape.js';
import { unaryKernels } from './unary.js';

/** Every kernel that programs may hold, by name. */
export const kernels: ReadonlyMap<string, Kernel> = new Map(
  [
    activationKernels,
    binaryKernels,
    convolutionKernels,
    creationKernels,
    gatherKernels,
    joiningKernels,
    matmulKernels,
    normalizationKernels,
    poolingKernels,
    reductionKernels,
    shapeKernels,
    unaryKernels,
  ].flatMap((family) => family.map((kernel) => [kernel.name, kernel])),
);

const families: [RegExp, string][] = [
  [/conv|dilation/i, 'convolution'],
  [/pool/i, 'pooling'],
  [/matmul|einsum/i, 'matmul'],
  [/norm|lrn/i, 'normalization'],
  [/lu|sigmoid|softmax|softplus|tanh/i, 'activation'],
  [/gather|scatter|segment/i, 'gather'],
  [/sum|prod|min|max|mean|all|any|arg/i, 'reduction'],
  [/pack|split/i, 'joining'],
  [/range|linspace|fill/i, 'creation'],
  [/slice|pad|reverse|resize|space|batch|roll/i, 'shape'],
  [/equal|less|greater|logical|mod|div|atan2|power/i, 'binary'],
];

/** The file in which a rule for the kernel belongs. */
export function kernelFile(kernel: string): string {
  const family = families.find(([pattern]) => pattern.test(kernel))?.[1] ?? 'unary';
  return `src/program/kernels/${family}.ts`;
}
