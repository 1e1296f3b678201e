import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { canonicalJson, hash8 } from '../../src/study/canonical.js';
import { parseStudy } from '../../src/study/load.js';
import { resolveStudy } from '../../src/study/resolve.js';
import { studyText } from './studyText.js';

const resolve = (replace: Record<string, string> = {}, samples = 60_000, hash = 'abc') =>
  resolveStudy(parseStudy(studyText(replace), 's.yaml'), { samples, hash });
const regimes = (options: string) => ({ regimes: `regimes:\n  LB: { ${options} }` });

describe('resolveStudy', () => {
  it('makes one run a regime and seed, with every expression evaluated', () => {
    const { runs } = resolve({ seeds: 'seeds: [1, 2]' });
    expect(runs.map(({ regime, seed }) => [regime, seed])).toEqual([
      ['SB', 1],
      ['SB', 2],
      ['LB', 1],
      ['LB', 2],
    ]);
    expect(runs[2].training).toEqual({
      data: { name: 'mnist', normalise: 'standardise', hash: 'abc' },
      network: { name: 'f1' },
      initializer: 'glorot-uniform',
      batchNorm: { epsilon: 1e-3, momentum: 0.99 },
      l2: 0,
      engine: 'onnx',
      seed: 1,
      batch: 6000,
      optimizer: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      learningRate: 0.001,
      epochs: 20,
    });
    expect(runs[2].id).toBe(`LB-seed1-${hash8(runs[2].training)}`);
    expect(new Set(runs.map(({ id }) => id.slice(-8))).size).toBe(4);
  });

  it('rounds a batch size, and lets the learning rate see it', () => {
    const options =
      'batch: "N / 7", optimizer: sgd, epochs: 1, learningRate: "0.1 * sqrt(B / 256)"';
    const { training } = resolve(regimes(options), 1000).runs[0];
    expect(training.batch).toBe(143);
    expect(training.learningRate).toBeCloseTo(0.1 * Math.sqrt(143 / 256), 14);
    expect(training.optimizer).toEqual({ name: 'sgd' });
  });

  it('defaults the learning rate to 0.01 for all but Adam', () => {
    for (const optimizer of ['sgd', 'momentum', 'nesterov']) {
      const { training } = resolve(regimes(`batch: 1, optimizer: ${optimizer}, epochs: 1`)).runs[0];
      expect(training.learningRate).toBe(0.01);
    }
  });

  it.each([
    ['seeds: 3', [1, 2, 3]],
    ['seeds: range(0, 3)', [0, 1, 2]],
    ['seeds: [7]', [7]],
  ])('%s', (seeds, expected) => {
    const { runs } = resolve({ seeds });
    expect(runs.slice(0, expected.length).map(({ seed }) => seed)).toEqual(expected);
    expect(runs.length).toBe(2 * expected.length);
  });

  it('changes the hash with all that changes weights, and with nothing else', () => {
    const id = (replace: Record<string, string>, samples?: number, hash?: string) =>
      resolve(replace, samples, hash).runs[1].id;
    const plain = id({});
    const unchanged: Record<string, string>[] = [
      { x: 'threads: 2' },
      { x: 'measures: [keskar]' },
      { x: 'initializer: glorot-uniform' },
      { data: 'data: { name: mnist }' },
      { name: 'name: other' },
      { x: 'measureOn: { samples: 10 }' },
    ];
    for (const same of unchanged) {
      expect(id(same), JSON.stringify(same)).toBe(plain);
    }
    const others = [
      id({ x: 'l2: 1e-4' }),
      id({ x: 'engine: cpu' }),
      id({ x: 'initializer: he-normal' }),
      id({ x: 'batchNorm: { momentum: 0.9 }' }),
      id({ data: 'data: { name: mnist, normalise: unit }' }),
      id({ data: 'data: { name: mnist, train: { samples: 60000 } }' }),
      id({ network: 'network: { mlp: { hidden: [2] } }' }),
      id({}, 50_000),
      id({}, 60_000, 'other data'),
    ];
    expect(new Set([plain, ...others]).size).toBe(10);
  });

  it('flattens measures to one an option, labelled by what tells them apart', () => {
    const { measures } = resolve({
      x: `measures:
  - keskar
  - keskar: { epsilon: 0.0005, space: full, iterations: 50, batchNorm: running }
  - hessian-top
  - hessian-top: { k: 2, tolerance: 1e-4 }`,
    });
    expect(measures.map(({ label }) => label)).toEqual([
      'keskar full eps=1e-3',
      'keskar full eps=5e-4',
      'keskar 100d eps=1e-3',
      'keskar 100d eps=5e-4',
      'keskar full eps=5e-4 iterations=50 batchNorm=running',
      'hessian-top',
      'hessian-top k=2',
    ]);
    expect(measures[2]).toEqual({
      measure: 'keskar',
      label: 'keskar 100d eps=1e-3',
      slug: 'keskar-100d-eps-1e-3',
      options: {
        epsilon: 1e-3,
        space: 100,
        iterations: 10,
        scaling: 'none',
        batchNorm: 'batch',
      },
    });
    expect(measures[6].options).toMatchObject({ k: 2, maxProducts: 100 });
  });

  it('resolves what is measured on, the line, the engine and the charts', () => {
    const study = resolve({
      x: 'measureOn: { samples: 6000, seed: 4 }\nline: { from: SB, to: LB, points: 5 }\nthreads: 2\nreport: [gap]',
    });
    expect(study.measureOn).toEqual({ samples: 6000, seed: 4 });
    expect(study.line).toEqual({
      from: 'SB',
      to: 'LB',
      points: 5,
      range: [-1, 2],
    });
    expect(study.engine).toEqual({ name: 'onnx', threads: 2 });
    expect(study.report).toEqual(['gap']);
    expect(resolve().measureOn).toEqual({ samples: 60_000, seed: null });
    expect(resolve().line).toBeNull();
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'a batch larger than the data',
      regimes('batch: 70000, optimizer: adam, epochs: 1'),
      's.yaml:5:16: regimes.LB.batch: expected a batch size from 1 to 60000, the number of training samples, found 70000.',
    ],
    [
      'an expression that gives too much',
      regimes('batch: "2 * N", optimizer: adam, epochs: 1'),
      'regimes.LB.batch: expected a batch size from 1 to 60000, the number of training samples, found 120000.',
    ],
    [
      'an expression that rounds to 0',
      regimes('batch: 1e-9 * N, optimizer: adam, epochs: 1'),
      'found 0.',
    ],
    [
      'an unknown name in an expression',
      regimes('batch: 0.1 * n_train, optimizer: adam, epochs: 1'),
      's.yaml:5:16: regimes.LB.batch: in the expression "0.1 * n_train" at character 7: unknown name "n_train". Known: N, pi, e.',
    ],
    ['B in a batch size', regimes('batch: 2 * B, optimizer: adam, epochs: 1'), 'unknown name "B"'],
    [
      'a learning rate that is not positive',
      regimes('batch: 1, optimizer: adam, epochs: 1, learningRate: "1 - B"'),
      'regimes.LB.learningRate: expected a positive learning rate, found 0.',
    ],
    [
      'a subset larger than the data',
      { x: 'measureOn: { samples: 60001 }' },
      's.yaml:7:23: measureOn.samples: expected at most 60000',
    ],
    [
      'a measure twice',
      { x: 'measures: [keskar, { keskar: { epsilon: 1e-3 } }]' },
      's.yaml:7:20: measures.1: the measure "keskar full eps=1e-3" is listed twice.',
    ],
    [
      'a line from nowhere',
      { x: 'line: { from: SV, to: LB }' },
      's.yaml:7:15: line.from: unknown regime "SV", did you mean "SB"?',
    ],
    [
      'a line to nowhere',
      { x: 'line: { from: SB, to: elsewhere }' },
      'line.to: unknown regime "elsewhere", expected one of: SB, LB.',
    ],
    [
      'a line to its start',
      { x: 'line: { from: SB, to: SB }' },
      'line.to: expected another regime than in "from".',
    ],
    [
      'a falling range of seeds',
      { x: 'seeds: range(5, 5)' },
      'seeds: expected a range of 1 to 1000 seeds (its end is left out), found range(5, 5).',
    ],
    [
      'an endless range of seeds',
      { x: 'seeds: range(0, 99999999999)' },
      'seeds: expected a range of 1 to 1000 seeds',
    ],
  ])('refuses %s, with its place', (_, replace, message) => {
    expect(() => resolve(replace)).toThrow(InputError);
    expect(() => resolve(replace)).toThrow(message);
  });
});

describe('canonicalJson', () => {
  it('does not depend on the order of keys at any depth', () => {
    const a = { b: [{ y: 1, x: 2 }], a: null, c: undefined };
    const b = { a: null, b: [{ x: 2, y: 1 }] };
    expect(canonicalJson(a)).toBe('{"a":null,"b":[{"x":2,"y":1}]}');
    expect(canonicalJson(b)).toBe(canonicalJson(a));
    expect(hash8(a)).toMatch(/^[0-9a-f]{8}$/);
    expect(hash8({ ...a, a: 0 })).not.toBe(hash8(a));
  });
});
