import { cnn, type CnnOptions } from './cnn.js';
import { f1 } from './f1.js';
import { mlp, type MlpOptions } from './mlp.js';
import type { Network, NetworkOptions } from './network.js';

/** A network by its name, with the options of a free-form one. */
export type NetworkChoice =
  { name: 'f1' } | ({ name: 'mlp' } & MlpOptions) | ({ name: 'cnn' } & CnnOptions);

/** The network for samples of the given shape and number of classes. */
export function createNetwork(
  choice: NetworkChoice,
  inputShape: number[],
  classes: number,
  options: NetworkOptions,
): Network {
  switch (choice.name) {
    case 'f1':
      return f1(inputShape, classes, options);
    case 'mlp':
      return mlp(inputShape, classes, choice, options);
    case 'cnn':
      return cnn(inputShape, classes, choice, options);
  }
}
