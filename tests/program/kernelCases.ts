import { RandomStream } from '../../src/random.js';
import type { Attributes, TensorSpec } from '../../src/program/program.js';

type Numbers = ArrayLike<number>;
type Input = KernelCase['inputs'][number];

/** One call of a kernel, with the same function in plain float64 arithmetic. */
export interface KernelCase {
  kernel: string;
  /** Tells cases of one kernel apart. */
  label?: string;
  inputs: (TensorSpec & { values: number[] })[];
  attrs?: Attributes;
  /** Indices of the inputs with respect to which the kernel is differentiated. */
  wrt: number[];
  /** All outputs, one after the other. */
  f: (...inputs: Numbers[]) => number[];
}

const stream = new RandomStream(7, 'kernel cases');
const count = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
/** Single-precision numbers, so that both sides see the same inputs. */
const draw = (shape: number[], of: () => number) =>
  Array.from({ length: count(shape) }, () => Math.fround(of()));

const normal = (...shape: number[]): Input => ({
  shape,
  dtype: 'float32',
  values: draw(shape, () => {
    const z = stream.normal();
    return Math.abs(z) < 0.05 ? z + 0.2 : z; // away from the kinks at 0
  }),
});
const positive = (...shape: number[]): Input => ({
  shape,
  dtype: 'float32',
  values: draw(shape, () => 0.3 + 2 * stream.uniform()),
});
const given = (dtype: TensorSpec['dtype'], shape: number[], values: number[]): Input => ({
  shape,
  dtype,
  values: values.map(Math.fround),
});

const map = (f: (x: number) => number) => (x: Numbers) => Array.from(x, f);

/** Of rank 4, as images are: the ONNX lowering may keep those in another order. */
const unary = (kernel: string, f: (x: number) => number, x = normal(2, 3, 2, 2)): KernelCase => ({
  kernel,
  inputs: [x],
  wrt: [0],
  f: map(f),
});

/** Indices into operands of NumPy broadcasting, for every element of the result. */
function broadcast(a: number[], b: number[]): [number, number][] {
  const rank = Math.max(a.length, b.length);
  const lift = (shape: number[]) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const [as, bs] = [lift(a), lift(b)];
  const out = as.map((size, i) => Math.max(size, bs[i]));
  return Array.from({ length: count(out) }, (_, flat) => {
    let rest = flat;
    let [i, j, strideA, strideB] = [0, 0, 1, 1];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const at = rest % out[axis];
      rest = (rest - at) / out[axis];
      if (as[axis] > 1) i += at * strideA;
      if (bs[axis] > 1) j += at * strideB;
      strideA *= as[axis];
      strideB *= bs[axis];
    }
    return [i, j];
  });
}

function binary(
  kernel: string,
  f: (a: number, b: number) => number,
  operands = [normal(2, 3, 4), normal(3, 1)],
): KernelCase {
  const pairs = broadcast(operands[0].shape, operands[1].shape);
  return {
    kernel,
    inputs: operands,
    wrt: operands.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : [])),
    f: (a, b) => pairs.map(([i, j]) => f(a[i], b[j])),
  };
}

const tiesA = given('float32', [4], [1, 2, 3, -1]);
const tiesB = given('float32', [4], [1, 3, 2, -1]);
const bits = (...values: number[]) => given('bool', [values.length], values);

/** erf by its Taylor series, enough for |x| < 4. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 90; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

interface Windows {
  /** [N, H, W, C] and [N, H', W', C']. */
  x: number[];
  y: number[];
  size: [number, number];
  stride: number;
  /** Rows above and columns left that padding adds. */
  pad: [number, number];
}

/** Every pair of an output position and an input position inside its window, channels aside. */
function windows(
  { x, y, size, stride, pad }: Windows,
  visit: (n: number, out: [number, number], into: [number, number], tap: [number, number]) => void,
): void {
  for (let n = 0; n < x[0]; n++)
    for (let i = 0; i < y[1]; i++)
      for (let j = 0; j < y[2]; j++)
        for (let p = 0; p < size[0]; p++)
          for (let q = 0; q < size[1]; q++) {
            const [h, w] = [i * stride - pad[0] + p, j * stride - pad[1] + q];
            if (h >= 0 && h < x[1] && w >= 0 && w < x[2]) visit(n, [i, j], [h, w], [p, q]);
          }
}

const at = ([, h, w, c]: number[], n: number, [i, j]: [number, number], k: number) =>
  ((n * h + i) * w + j) * c + k;

/** Index triples (x, filter, y) that a convolution multiplies and adds. */
function taps(geometry: Windows): [number, number, number][] {
  const { x, y, size } = geometry;
  const triples: [number, number, number][] = [];
  windows(geometry, (n, out, into, [p, q]) => {
    for (let c = 0; c < x[3]; c++)
      for (let k = 0; k < y[3]; k++) {
        const filter = ((p * size[1] + q) * x[3] + c) * y[3] + k;
        triples.push([at(x, n, into, c), filter, at(y, n, out, k)]);
      }
  });
  return triples;
}

function convolutions(label: string, geometry: Windows, pad: unknown): KernelCase[] {
  const { x, y, size, stride } = geometry;
  const filter = [...size, x[3], y[3]];
  const triples = taps(geometry);
  const common = { strides: [stride, stride], pad, dataFormat: 'NHWC' };
  const sums = (length: number, add: (into: number[]) => void) => {
    const into = Array<number>(length).fill(0);
    add(into);
    return into;
  };
  return [
    {
      kernel: 'Conv2D',
      label,
      inputs: [normal(...x), normal(...filter)],
      attrs: { ...common, dilations: [1, 1] },
      wrt: [0, 1],
      f: (a, b) => sums(count(y), (o) => triples.forEach(([i, j, k]) => (o[k] += a[i] * b[j]))),
    },
    {
      kernel: 'Conv2DBackpropInput',
      label,
      inputs: [normal(...y), normal(...filter)],
      attrs: { ...common, inputShape: x },
      wrt: [0, 1],
      f: (a, b) => sums(count(x), (o) => triples.forEach(([i, j, k]) => (o[i] += a[k] * b[j]))),
    },
    {
      kernel: 'Conv2DBackpropFilter',
      label,
      inputs: [normal(...x), normal(...y)],
      attrs: { ...common, filterShape: filter },
      wrt: [0, 1],
      f: (a, b) =>
        sums(count(filter), (o) => triples.forEach(([i, j, k]) => (o[j] += a[i] * b[k]))),
    },
  ];
}

function pools(label: string, geometry: Windows, pad: unknown): KernelCase[] {
  const { x, y, size, stride } = geometry;
  const attrs = { filterSize: size, strides: [stride, stride], pad };
  const members: number[][] = Array.from({ length: count(y) }, () => []);
  windows(geometry, (n, out, into) => {
    for (let c = 0; c < x[3]; c++) members[at(y, n, out, c)].push(at(x, n, into, c));
  });
  const largest = (values: Numbers) =>
    members.map((window) => window.reduce((best, i) => (values[i] > values[best] ? i : best)));
  const image = normal(...x);
  const maxima = given(
    'float32',
    y,
    largest(image.values).map((i) => image.values[i]),
  );
  const scatter = (dy: Numbers, add: (dx: number[], k: number) => void) => {
    const dx = Array<number>(count(x)).fill(0);
    for (let k = 0; k < dy.length; k++) add(dx, k);
    return dx;
  };
  return [
    {
      kernel: 'MaxPool',
      label,
      inputs: [normal(...x)],
      attrs,
      wrt: [0],
      f: (a) => largest(a).map((i) => a[i]),
    },
    {
      kernel: 'MaxPoolGrad',
      label,
      inputs: [normal(...y), image, maxima],
      attrs,
      wrt: [0],
      f: (dy, a) => scatter(dy, (dx, k) => (dx[largest(a)[k]] += dy[k])),
    },
    {
      kernel: 'BasinMaxPoolTangent',
      label,
      inputs: [normal(...x), image, maxima],
      attrs,
      wrt: [0],
      f: (dx, a) => largest(a).map((i) => dx[i]),
    },
    {
      kernel: 'AvgPool',
      label,
      inputs: [normal(...x)],
      attrs,
      wrt: [0],
      f: (a) => members.map((window) => window.reduce((s, i) => s + a[i], 0) / window.length),
    },
    {
      kernel: 'AvgPoolGrad',
      label,
      inputs: [normal(...y), normal(...x)],
      attrs,
      wrt: [0],
      f: (dy) =>
        scatter(dy, (dx, k) => members[k].forEach((i) => (dx[i] += dy[k] / members[k].length))),
    },
  ];
}

/** Reduces the last two axes of [2, 3, 2, 2]. */
const reduction = (kernel: string, f: (values: number[]) => number): KernelCase => ({
  kernel,
  inputs: [normal(2, 3, 2, 2)],
  attrs: { axis: [2, 3], reductionIndices: [2, 3], keepDims: false },
  wrt: [0],
  f: (x) => Array.from({ length: 6 }, (_, i) => f(Array.from(x).slice(4 * i, 4 * i + 4))),
});

const argument = (kernel: string, better: (a: number, b: number) => boolean): KernelCase => ({
  kernel,
  inputs: [normal(3, 4)],
  attrs: { axis: 1 },
  wrt: [0],
  f: (x) =>
    [0, 1, 2].map((row) =>
      [0, 1, 2, 3].reduce((best, j) => (better(x[4 * row + j], x[4 * row + best]) ? j : best), 0),
    ),
});

/** A kernel that only moves elements: `from[i]` is where output i comes from, null is 0. */
const moving = (
  kernel: string,
  shape: number[],
  attrs: Attributes,
  from: (number | null)[],
  label?: string,
): KernelCase => ({
  kernel,
  label,
  inputs: [normal(...shape)],
  attrs,
  wrt: [0],
  f: (x) => from.map((i) => (i === null ? 0 : x[i])),
});

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

function softmax(x: Numbers): number[] {
  const rows = [0, 1, 2].map((r) => Array.from(x).slice(4 * r, 4 * r + 4).map(Math.exp)); // prettier-ignore
  return rows.flatMap((row) => row.map((e) => e / row.reduce((a, b) => a + b)));
}

/** y, normalized, mean and variance of [2 groups, 3 samples, 2 channels]. */
function batchNorm(x: Numbers, scale: Numbers, offset: Numbers): number[] {
  const mean: number[] = [];
  const variance: number[] = [];
  for (let g = 0; g < 2; g++)
    for (let c = 0; c < 2; c++) {
      const values = [0, 1, 2].map((i) => x[(3 * g + i) * 2 + c]);
      const m = values.reduce((a, b) => a + b) / 3;
      mean.push(m);
      variance.push(values.reduce((s, v) => s + (v - m) ** 2, 0) / 3);
    }
  const statistic = (i: number) => Math.floor(i / 6) * 2 + (i % 2);
  const normalized = range(12).map(
    (i) => (x[i] - mean[statistic(i)]) / Math.sqrt(variance[statistic(i)] + 1e-3),
  );
  const y = normalized.map((value, i) => value * scale[i % 2] + offset[i % 2]);
  return [...y, ...normalized, ...mean, ...variance];
}

const product: KernelCase = {
  kernel: 'BatchMatMul',
  label: 'one product',
  inputs: [normal(3, 2), normal(4, 3)],
  attrs: { transposeA: true, transposeB: true },
  wrt: [0, 1],
  f: (a, b) =>
    range(8).map((o) => {
      const [i, j] = [Math.floor(o / 4), o % 4];
      return [0, 1, 2].reduce((s, k) => s + a[2 * k + i] * b[3 * j + k], 0);
    }),
};
const products: KernelCase = {
  kernel: 'BatchMatMul',
  label: 'a batch with one shared factor',
  inputs: [normal(2, 2, 3), normal(1, 4, 3)],
  attrs: { transposeA: false, transposeB: true },
  wrt: [0, 1],
  f: (a, b) =>
    range(16).map((o) => {
      const [row, j] = [Math.floor(o / 4), o % 4];
      return [0, 1, 2].reduce((s, k) => s + a[3 * row + k] * b[3 * j + k], 0);
    }),
};

const labels = given('int32', [3], [2, 0, 1]);
const same: Windows = { x: [2, 5, 4, 2], y: [2, 3, 2, 3], size: [3, 2], stride: 2, pad: [1, 0] };
const valid: Windows = { x: [2, 6, 5, 2], y: [2, 2, 2, 2], size: [3, 2], stride: 2, pad: [0, 0] };
const padded: Windows = { x: [1, 3, 4, 1], y: [1, 5, 6, 2], size: [1, 1], stride: 1, pad: [1, 1] };
const pooled = { ...same, y: [2, 3, 2, 2] };
const overlapping: Windows = { x: [1, 4, 4, 2], y: [1, 4, 4, 2], size: [3, 3], stride: 1, pad: [1, 1] }; // prettier-ignore

export const kernelCases: KernelCase[] = [
  unary('Relu', (x) => Math.max(x, 0)),
  unary('Relu6', (x) => Math.min(Math.max(x, 0), 6), given('float32', [4], [-1, 2, 5.5, 7])),
  { ...unary('ClipByValue', (x) => Math.min(Math.max(x, -0.5), 0.7), given('float32', [4], [-0.6, -0.4, 0.6, 0.8])), attrs: { clipValueMin: -0.5, clipValueMax: 0.7 } }, // prettier-ignore
  { ...unary('Step', (x) => (x > 0 ? 1 : 0.25)), attrs: { alpha: 0.25 } },
  { ...unary('LeakyRelu', (x) => (x > 0 ? x : 0.2 * x)), attrs: { alpha: 0.2 } },
  unary('Elu', (x) => (x > 0 ? x : Math.expm1(x))),
  binary('EluGrad', (dy, y) => (y >= 0 ? dy : dy * (y + 1)), [normal(5), given('float32', [5], [1, -0.5, 0.2, -0.9, 3])]), // prettier-ignore
  unary('Sigmoid', (x) => 1 / (1 + Math.exp(-x))),
  unary('Tanh', Math.tanh),
  unary('Softplus', (x) => Math.log1p(Math.exp(x))),
  { kernel: 'Softmax', inputs: [normal(3, 4)], attrs: { dim: 1 }, wrt: [0], f: softmax },

  binary('Add', (a, b) => a + b),
  binary('Sub', (a, b) => a - b),
  binary('Multiply', (a, b) => a * b, [normal(2, 1, 3, 2), normal(2, 3, 1, 2)]),
  binary('RealDiv', (a, b) => a / b),
  binary('Maximum', Math.max),
  binary('Minimum', Math.min),
  binary('Pow', (a, b) => a ** b, [positive(2, 3), normal(3)]),
  { ...binary('Pow', (a, b) => a ** b, [given('float32', [3], [-1.5, 0, 2]), given('float32', [], [3])]), label: 'a negative base', wrt: [0] }, // prettier-ignore
  { ...binary('Pow', () => 1, [given('float32', [2], [0, -2]), given('float32', [], [0])]), label: 'exponent 0', wrt: [0] }, // prettier-ignore
  binary('SquaredDifference', (a, b) => (a - b) ** 2),
  { ...binary('Greater', (a, b) => +(a > b), [tiesA, tiesB]), wrt: [] },
  { ...binary('GreaterEqual', (a, b) => +(a >= b), [tiesA, tiesB]), wrt: [] },
  { ...binary('Less', (a, b) => +(a < b), [tiesA, tiesB]), wrt: [] },
  { ...binary('LessEqual', (a, b) => +(a <= b), [tiesA, tiesB]), wrt: [] },
  { ...binary('Equal', (a, b) => +(a === b), [tiesA, tiesB]), wrt: [] },
  { ...binary('NotEqual', (a, b) => +(a !== b), [tiesA, tiesB]), wrt: [] },
  binary('LogicalAnd', (a, b) => a & b, [bits(0, 0, 1, 1), bits(0, 1, 0, 1)]),
  binary('LogicalOr', (a, b) => a | b, [bits(0, 0, 1, 1), bits(0, 1, 0, 1)]),
  { ...binary('Add', (a, b) => a + b, [labels, labels]), label: 'whole numbers' },

  ...convolutions('same, stride 2, odd size', same, 'same'),
  ...convolutions('valid, stride 2, rows left over', { ...valid, y: [2, 2, 2, 3] }, 'valid'),
  ...convolutions('more padding than the filter is wide', padded, 1),
  ...convolutions('stride 1', { ...overlapping, y: [1, 4, 4, 3] }, 'same'),
  ...pools('same, stride 2, odd size', pooled, 'same'),
  ...pools('valid, rows left over', valid, 'valid'),
  ...pools('overlapping, padded', overlapping, 1),

  { ...unary('ZerosLike', () => 0) },
  { ...unary('OnesLike', () => 1) },
  { kernel: 'Fill', inputs: [], attrs: { shape: [2, 2], value: 1.5, dtype: 'float32' }, wrt: [], f: () => [1.5, 1.5, 1.5, 1.5] }, // prettier-ignore
  {
    kernel: 'OneHot',
    inputs: [given('int32', [3], [1, 3, -1])],
    attrs: { depth: 3, onValue: 0.9, offValue: 0.1, dtype: 'float32' },
    wrt: [],
    f: () => [0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
  },
  {
    kernel: 'GatherV2',
    inputs: [normal(2, 3, 2), given('int32', [2, 2], [2, 0, 0, 1])],
    attrs: { axis: 1, batchDims: 0 },
    wrt: [0],
    f: (x) => [4, 5, 0, 1, 0, 1, 2, 3, 10, 11, 6, 7, 6, 7, 8, 9].map((i) => x[i]),
  },
  {
    kernel: 'UnsortedSegmentSum',
    inputs: [normal(4, 2), given('int32', [4], [2, -1, 0, 2])],
    attrs: { numSegments: 3 },
    wrt: [0],
    f: (x) => [x[4], x[5], 0, 0, x[0] + x[6], x[1] + x[7]],
  },
  { kernel: 'Concat', inputs: [normal(2, 1), normal(2, 2)], attrs: { axis: 1 }, wrt: [0, 1], f: (a, b) => [a[0], b[0], b[1], a[1], b[2], b[3]] }, // prettier-ignore
  { kernel: 'Pack', inputs: [normal(2), normal(2)], attrs: { axis: 1 }, wrt: [1], f: (a, b) => [a[0], b[0], a[1], b[1]] }, // prettier-ignore
  moving('Unpack', [2, 3], { axis: 1 }, [0, 3, 1, 4, 2, 5]),
  moving('SplitV', [2, 3], { numOrSizeSplits: [1, 2], axis: 1 }, [0, 3, 1, 2, 4, 5]),
  { kernel: 'AddN', inputs: [normal(2, 2), normal(2, 2), normal(2, 2)], wrt: [0, 2], f: (a, b, c) => Array.from(a, (value, i) => value + b[i] + c[i]) }, // prettier-ignore

  product,
  products,
  {
    kernel: 'BasinBatchNorm',
    inputs: [normal(2, 3, 2), normal(2), normal(2)],
    attrs: { epsilon: 1e-3, axes: [1] },
    wrt: [0, 1, 2],
    f: batchNorm,
  },
  {
    kernel: 'FusedBatchNorm',
    inputs: [normal(1, 2, 2, 2), normal(2), normal(2), normal(2), positive(2)],
    attrs: { varianceEpsilon: 0.01 },
    wrt: [0, 1, 2, 3, 4],
    f: (x, scale, offset, mean, variance) =>
      Array.from(x, (value, i) => {
        const c = i % 2;
        return ((value - mean[c]) / Math.sqrt(variance[c] + 0.01)) * scale[c] + offset[c];
      }),
  },

  reduction('Sum', (values) => values.reduce((a, b) => a + b)),
  reduction('Mean', (values) => values.reduce((a, b) => a + b) / 4),
  reduction('Max', (values) => Math.max(...values)),
  reduction('Min', (values) => Math.min(...values)),
  {
    kernel: 'Mean',
    label: 'whole numbers',
    inputs: [given('int32', [4], [1, 2, 4, 8])],
    attrs: { axis: [0], keepDims: true },
    wrt: [],
    f: () => [3.75],
  },
  argument('ArgMax', (a, b) => a > b),
  argument('ArgMin', (a, b) => a < b),

  moving('Identity', [3], {}, [0, 1, 2]),
  moving('Reshape', [2, 3], { shape: [3, -1] }, range(6)),
  moving('ExpandDims', [2, 3], { dim: 1 }, range(6)),
  moving('Transpose', [1, 2, 2, 3], { perm: [0, 3, 1, 2] }, [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]),
  moving('Slice', [3, 3], { begin: [1, 0], size: [2, 2] }, [3, 4, 6, 7]),
  moving('PadV2', [2, 2], { paddings: [[0, 1], [1, 0]], constantValue: 0 }, [null, 0, 1, null, 2, 3, null, null, null]), // prettier-ignore
  {
    kernel: 'PadV2',
    label: 'whole numbers',
    inputs: [labels],
    attrs: { paddings: [[1, 0]], constantValue: 7 },
    wrt: [],
    f: () => [7, 2, 0, 1],
  },
  moving(
    'StridedSlice',
    [5, 2],
    { begin: [1, 0], end: [5, 2], strides: [2, 1], beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 }, // prettier-ignore
    [2, 3, 6, 7],
  ),
  moving(
    'StridedSlice',
    [5],
    { begin: [4], end: [0], strides: [-2], beginMask: 0, endMask: 1, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 }, // prettier-ignore
    [4, 2, 0],
    'backwards',
  ),
  moving('Tile', [1, 2], { reps: [3, 2] }, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
  moving('Tile', [1, 1, 2], { reps: [2, 3, 1] }, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 'broadcast'),
  moving('Reverse', [2, 3], { dims: [1] }, [2, 1, 0, 5, 4, 3]),
  { kernel: 'Cast', inputs: [normal(3)], attrs: { dtype: 'float32' }, wrt: [0], f: map((x) => x) },
  { kernel: 'Cast', label: 'truncates', inputs: [given('float32', [3], [1.7, -1.7, 0.4])], attrs: { dtype: 'int32' }, wrt: [], f: map(Math.trunc) }, // prettier-ignore
  { kernel: 'Cast', label: 'to bool', inputs: [given('float32', [3], [0.5, 0, -2])], attrs: { dtype: 'bool' }, wrt: [], f: () => [1, 0, 1] }, // prettier-ignore
  {
    kernel: 'Select',
    inputs: [bits(1, 0, 1), normal(3), normal(3)],
    wrt: [1, 2],
    f: (c, a, b) => [0, 1, 2].map((i) => (c[i] ? a[i] : b[i])),
  },

  unary('Exp', Math.exp),
  unary('Expm1', Math.expm1),
  unary('Log', Math.log, positive(5)),
  unary('Log1p', Math.log1p, positive(5)),
  unary('Sqrt', Math.sqrt, positive(5)),
  unary('Rsqrt', (x) => 1 / Math.sqrt(x), positive(5)),
  unary('Square', (x) => x * x),
  unary('Reciprocal', (x) => 1 / x),
  unary('Neg', (x) => -x),
  unary('Abs', Math.abs),
  unary('Sin', Math.sin),
  unary('Cos', Math.cos),
  unary('Erf', erf),
  unary('Sign', Math.sign),
  unary('Floor', Math.floor),
  unary('Ceil', Math.ceil),
  unary('Round', Math.round),
  { ...unary('LogicalNot', (x) => 1 - x, bits(0, 1)), wrt: [] },
  {
    ...unary('IsNan', (x) => +Number.isNaN(x), given('float32', [3], [1, NaN, Infinity])),
    wrt: [],
  },
];
