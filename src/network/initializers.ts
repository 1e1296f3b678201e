import { InputError, suggestion } from '../error.js';
import type { RandomStream } from '../random.js';

/** A distribution of initial weights: a name, or uniform on [-r, r). */
export type Initializer = InitializerName | { uniform: number };
export type InitializerName = keyof typeof distributions;

/**
 * Standard deviation of a standard normal truncated to [-2, 2]: 1 - 4 phi(2) / (2 Phi(2) - 1) under
 * the root. Dividing by it gives truncated draws the variance that was asked for.
 */
const truncatedDeviation = 0.8796256610342398;

type Fill = (target: Float32Array, fanIn: number, fanOut: number, stream: RandomStream) => void;

const distributions = {
  'glorot-uniform': scaledUniform((fanIn, fanOut) => 2 / (fanIn + fanOut)),
  'glorot-normal': scaledNormal((fanIn, fanOut) => 2 / (fanIn + fanOut)),
  'he-uniform': scaledUniform((fanIn) => 2 / fanIn),
  'he-normal': scaledNormal((fanIn) => 2 / fanIn),
  'lecun-uniform': scaledUniform((fanIn) => 1 / fanIn),
  'lecun-normal': scaledNormal((fanIn) => 1 / fanIn),
  zeros: (target) => target.fill(0),
  ones: (target) => target.fill(1),
} satisfies Record<string, Fill>;

export const initializerNames = Object.keys(distributions) as [
  InitializerName,
  ...InitializerName[],
];

/**
 * Fills `target` with initial weights of a tensor of `shape`: [in, out] for dense layers,
 * [height, width, in, out] for convolutions, whose fans are height * width * in and
 * height * width * out; a vector's length is both of its fans.
 *
 * Variance v of a weight: glorot 2 / (fan in + fan out) (Glorot & Bengio 2010, eq. 16), he 2 / fan in
 * (He, Zhang, Ren & Sun 2015, eq. 10), lecun 1 / fan in (LeCun, Bottou, Orr & Müller 1998, section
 * 4.6). Uniform: [-sqrt(3 v), sqrt(3 v)). Normal: truncated at two standard deviations of the parent
 * normal, whose deviation sqrt(v) / 0.8796 makes the truncated draws' variance v, as in Keras.
 *
 * @throws InputError for an unknown name or a range that is not positive and finite.
 */
export function initialize(
  target: Float32Array,
  shape: readonly number[],
  initializer: Initializer,
  stream: RandomStream,
): void {
  if (typeof initializer === 'object') {
    if (!(initializer.uniform > 0 && initializer.uniform < Infinity)) {
      throw new InputError(
        `initializer { uniform: ${initializer.uniform} }: expected a positive finite range.`,
      );
    }
    return fillUniform(target, initializer.uniform, stream);
  }
  if (!Object.hasOwn(distributions, initializer)) {
    throw new InputError(
      `unknown initializer "${initializer}"${suggestion(initializer, initializerNames) || `, expected one of: ${initializerNames.join(', ')}.`}`,
    );
  }
  const receptive = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  const fanOut = receptive * shape[shape.length - 1];
  const fanIn = shape.length < 2 ? fanOut : receptive * shape[shape.length - 2];
  const fill: Fill = distributions[initializer];
  fill(target, fanIn, fanOut, stream);
}

type Variance = (fanIn: number, fanOut: number) => number;

function scaledUniform(variance: Variance): Fill {
  return (target, fanIn, fanOut, stream) =>
    fillUniform(target, Math.sqrt(3 * variance(fanIn, fanOut)), stream);
}

function fillUniform(target: Float32Array, range: number, stream: RandomStream): void {
  for (let i = 0; i < target.length; i++) target[i] = range * (2 * stream.uniform() - 1);
}

function scaledNormal(variance: Variance): Fill {
  return (target, fanIn, fanOut, stream) => {
    const deviation = Math.sqrt(variance(fanIn, fanOut)) / truncatedDeviation;
    for (let i = 0; i < target.length; i++) {
      let z = stream.normal();
      while (Math.abs(z) > 2) z = stream.normal();
      target[i] = deviation * z;
    }
  };
}
