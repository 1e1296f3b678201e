import type { Engine } from '../../src/engine/engine.js';
import { networkObjective } from '../../src/objective/networkObjective.js';
import type { Objective } from '../../src/objective/objective.js';
import { Programs } from '../../src/objective/programs.js';
import { initialModel } from '../../src/network/model.js';
import { defineNetwork, type Mode, type Network } from '../../src/network/network.js';
import type { Scope } from '../../src/network/scope.js';
import { type Tensor, tf } from '../../src/program/tensorflow.js';
import { activations } from '../../src/network/activations.js';
import { flat } from '../oracles/hvp/arrays.js';
import { type ActivationName, type HvpCase, type Layer, loadCase } from '../oracles/hvp/read.js';

const functions: Record<ActivationName, (x: Tensor) => Tensor> = {
  ...activations,
  leakyRelu: activations['leaky-relu'],
  geluTanh: (x) => {
    const inner = tf.mul(x, tf.add(tf.scalar(1), tf.mul(tf.square(x), tf.scalar(0.044715))));
    const gate = tf.add(tf.scalar(1), tf.tanh(tf.mul(tf.scalar(Math.sqrt(2 / Math.PI)), inner)));
    return tf.mul(tf.mul(tf.scalar(0.5), x), gate);
  },
};

function apply(layer: Layer, scope: Scope, x: Tensor, masks: HvpCase['masks']): Tensor {
  switch (layer.type) {
    case 'dense':
      return scope.dense(x, layer.units);
    case 'conv':
      return scope.conv(x, layer.filters, layer.size, layer);
    case 'maxPool':
      return scope.maxPool(x, layer.size, layer.stride, layer.padding);
    case 'averagePool':
      return scope.averagePool(x, layer.size, layer.stride, layer.padding);
    case 'batchNorm':
      return scope.batchNorm(x);
    case 'activation':
      return functions[layer.function](x);
    case 'flatten':
      return scope.flatten(x);
    case 'dropout': {
      // The fixture's loss has the mask applied; an objective has no dropout.
      const mask = masks.find(({ name }) => name === layer.name)!;
      return x.shape[0] === mask.shape[0]
        ? tf.mul(x, tf.tensor(Float32Array.from(mask.data), mask.shape))
        : x;
    }
  }
}

export interface Fixture {
  data: HvpCase;
  network: Network;
  programs: Programs;
  objective: Objective;
  weights: Float64Array;
  direction: Float64Array;
  mode: Exclude<Mode, { kind: 'train' }>;
}

/** A PyTorch fixture as an objective on an engine. */
export function fixture(name: string, engine: Engine, microBatch?: number): Fixture {
  const data = loadCase(name);
  const epsilon = data.layers.find((layer) => layer.type === 'batchNorm')?.epsilon ?? 1e-3;
  const network = defineNetwork(
    name,
    data.inputs.shape.slice(1),
    data.results.logits.shape[1],
    (scope, x) => data.layers.reduce((h, layer) => apply(layer, scope, h, data.masks), x),
    { initializer: 'glorot-uniform', batchNorm: { epsilon, momentum: 0.9 } },
  );
  const programs = new Programs(
    network,
    engine,
    data.targets ? 'squared-error' : 'softmax-cross-entropy',
  );
  const batchNorm = data.batchNorm;
  const mode: Fixture['mode'] =
    batchNorm?.mode === 'batch' ? { kind: 'batch', chunk: batchNorm.chunk } : { kind: 'running' };
  const objective = networkObjective(
    programs,
    {
      inputs: Float32Array.from(data.inputs.data),
      labels: data.targets ? Float32Array.from(data.targets.data) : Int32Array.from(data.labels!),
      samples: data.inputs.shape[0],
    },
    {
      mode,
      state:
        data.state.length > 0
          ? Float32Array.from(flat(data.state))
          : initialModel(network, 1).state,
      l2: data.l2,
      sampleWeights: Float64Array.from(data.sampleWeights),
      microBatch,
    },
  );
  return {
    data,
    network,
    programs,
    objective,
    weights: flat(data.weights),
    direction: flat(data.direction),
    mode,
  };
}

/** ||a - b|| / ||b||. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference / size);
}
