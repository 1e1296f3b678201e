// A network and measures of your own through the library: npx tsx examples/library.ts
import {
  defineNetwork,
  hessianOperator,
  initialModel,
  keskar,
  loadDataset,
  networkObjective,
  openEngine,
  powerIteration,
  Programs,
  subset,
  tf,
  train,
} from 'basin-toolkit';

const data = loadDataset('mnist');
const network = defineNetwork('mine', data.inputShape, data.classes, (scope, x) =>
  scope.dense(tf.tanh(scope.dense(scope.flatten(x), 64)), data.classes),
);
const programs = new Programs(network, await openEngine('onnx'));

const { model } = await train(programs, data, initialModel(network, 1), {
  optimizer: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  learningRate: 0.001,
  batch: 256,
  epochs: 2,
  seed: 1,
  l2: 0,
});

// The loss on 5000 training images as a function of the weights.
const loss = networkObjective(programs, subset(data.train, 5000, 1), {
  mode: { kind: 'running' },
  state: model.state,
});
const { pairs } = await powerIteration(hessianOperator(loss, model.weights), { k: 2 });
for (const { value, residual, products } of pairs) {
  console.log(
    `eigenvalue ${value.toFixed(3)}, residual ${residual.toExponential(1)}, ${products} products`,
  );
}
const { value, evaluations } = await keskar(loss, model.weights, { epsilon: 1e-3 });
console.log(`Keskar sharpness ${value.toFixed(2)} after ${evaluations} evaluations`);
await programs.release();
