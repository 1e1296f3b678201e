import { createRequire } from 'node:module';
import type * as TensorFlow from '@tensorflow/tfjs';

// The CommonJS build: the ESM files import each other without extensions, which Node refuses, and
// `@tensorflow/tfjs-core` alone registers no gradients. It is the instance that a user's own
// `import '@tensorflow/tfjs'` gets in Node as well.
export const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as typeof TensorFlow;

tf.env().set('PROD', true); // no banner that advises another package

export type Tensor = TensorFlow.Tensor;
export type TensorInfo = TensorFlow.TensorInfo;
export type NamedTensorMap = TensorFlow.NamedTensorMap;
