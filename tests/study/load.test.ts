import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { loadStudy, parseStudy } from '../../src/study/load.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { studyText } from './studyText.js';

const folder = temporaryFolder();
const parse = (replace: Record<string, string> = {}) => parseStudy(studyText(replace), 's.yaml');

describe('loadStudy', () => {
  it('reads a file and fills in the defaults', () => {
    const file = path.join(folder, 'study.yaml');
    writeFileSync(file, studyText());
    const { study } = loadStudy(file);
    expect(study).toEqual({
      name: 'quickstart',
      data: 'mnist',
      network: 'f1',
      initializer: 'glorot-uniform',
      batchNorm: { epsilon: 1e-3, momentum: 0.99 },
      seeds: [1],
      engine: 'onnx',
      l2: 0,
      regimes: {
        SB: { batch: 256, optimizer: 'adam', epochs: 5 },
        LB: { batch: '0.1 * N', optimizer: 'adam', epochs: 20 },
      },
      measureOn: 'all',
      measures: [],
      report: ['gap', 'sharpness', 'hessian-top', 'parametric-line', 'training-curves'],
    });
  });

  it('takes every form that a value may have', () => {
    const { study } = parse({
      data: 'data: { name: mnist, normalise: unit }',
      network: 'network: { cnn: { filters: [8, 16], dense: [], activation: gelu, dropout: 0.5 } }',
      initializer: 'initializer: { uniform: 0.05 }',
      seeds: 'seeds: range(0, 5)',
      threads: 'threads: 2',
      regimes: `regimes:
  A: { batch: 8, optimizer: { adam: { beta1: .8 } }, epochs: 1, learningRate: "0.1 * sqrt(B)" }
  +LR: { batch: 8, optimizer: { momentum: {} }, epochs: 1, learningRate: 0.1 }`,
      measureOn: 'measureOn: { samples: 100 }',
      measures: `measures:
  - keskar
  - keskar: { epsilon: 1e-3, space: 50, batchNorm: batch }
  - hessian-top: { k: 3 }`,
      line: 'line: { from: A, to: +LR, range: [0, 1] }',
      report: 'report: [gap]',
    });
    expect(study.network).toEqual({
      cnn: {
        filters: [8, 16],
        kernel: 5,
        pool: 2,
        dense: [],
        activation: 'gelu',
        batchNorm: true,
        dropout: 0.5,
      },
    });
    expect(study.regimes.A.optimizer).toEqual({
      adam: { beta1: 0.8, beta2: 0.999, epsilon: 1e-7 },
    });
    expect(study.regimes['+LR'].optimizer).toEqual({ momentum: { momentum: 0.9 } });
    expect(study.measureOn).toEqual({ samples: 100, seed: 1 });
    expect(study.measures[1]).toEqual({
      keskar: { epsilon: 1e-3, space: 50, iterations: 10, scaling: 'none', batchNorm: 'batch' },
    });
    expect(study.line).toMatchObject({ points: 25, range: [0, 1] });
  });

  it('refuses a missing file, a folder and an empty file', () => {
    expect(() => loadStudy(path.join(folder, 'no.yaml'))).toThrow(/no\.yaml: .*does not exist/);
    expect(() => loadStudy(folder)).toThrow(/cannot be read \(EISDIR\)/);
    for (const text of ['', '\n\n', '# only a comment\n', '---\n']) {
      expect(() => parseStudy(text, 's.yaml')).toThrow('s.yaml: the study file is empty');
    }
  });

  it.each<[string, string, string]>([
    ['a syntax error', 'name: [a\ndata: b\n', 's.yaml:2:1: this is not valid YAML:'],
    ['a tab', 'regimes:\n\tSB: 1\n', 's.yaml:2:1: this is not valid YAML:'],
    [
      'a key twice',
      'name: a\nname: b\n',
      's.yaml:2:1: this is not valid YAML: Map keys must be unique',
    ],
    ['an unknown alias', 'name: *nobody\n', 'nobody'],
    ['a list', '- 1\n- 2\n', 's.yaml:1:1: expected a mapping, found a list'],
    ['a sentence', 'train it\n', 's.yaml:1:1: expected a mapping, found "train it"'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseStudy(text, 's.yaml')).toThrow(InputError);
    expect(() => parseStudy(text, 's.yaml')).toThrow(message);
  });

  it.each<[string, Record<string, string>, string]>([
    ['a missing key', { data: '' }, 's.yaml:1:1: data: expected the name of a data set'],
    [
      'an unknown key',
      { network: 'netwrok: f1' },
      's.yaml:3:1: netwrok: unknown key "netwrok", did you mean "network"?',
    ],
    [
      'an unknown key far from all',
      { x: 'quux: 1' },
      'unknown key "quux", expected one of: name, data,',
    ],
    [
      'capital letters in the name',
      { name: 'name: My Study' },
      's.yaml:1:7: name: expected a name of lower-case letters, digits and hyphens, found "My Study".',
    ],
    [
      'an unknown data set',
      { data: 'data: mnits' },
      's.yaml:2:7: data: expected one of mnist, found "mnits", did you mean "mnist"?',
    ],
    [
      'an unknown normalisation',
      { data: 'data: { name: mnist, normalise: standardize }' },
      's.yaml:2:33: data.normalise: expected one of standardise, unit, found "standardize", did you mean "standardise"?',
    ],
    [
      'a null where a choice belongs',
      { network: 'network:' },
      'network: expected the name of a network (f1), or a mapping mlp or cnn, found nothing.',
    ],
    [
      'an unknown network',
      { network: 'network: f7' },
      's.yaml:3:10: network: expected one of f1, found "f7", did you mean "f1"?',
    ],
    [
      'an unknown kind of network',
      { network: 'network: { mpl: {} }' },
      's.yaml:3:12: network.mpl: unknown key "mpl", did you mean "mlp"?',
    ],
    [
      'two networks',
      { network: 'network: { mlp: { hidden: [2] }, cnn: { filters: [2] } }' },
      'network: expected exactly one of the keys mlp, cnn.',
    ],
    [
      'a network named in a mapping',
      { network: 'network: { name: cnn }' },
      's.yaml:3:12: network.name: unknown key "name", expected one of: mlp, cnn, as in network: { cnn: { filters: [16] } }.',
    ],
    [
      'a layer of NaN units',
      { network: 'network: { mlp: { hidden: [.nan] } }' },
      'network.mlp.hidden.0: expected a number, found NaN.',
    ],
    ['infinite l2', { x: 'l2: .inf' }, 'l2: expected a number, found Infinity.'],
    [
      'no network in the mapping',
      { network: 'network: {}' },
      'network: expected exactly one of the keys mlp, cnn.',
    ],
    [
      'a layer of no units',
      { network: 'network:\n  mlp:\n    hidden: [4, 0]' },
      's.yaml:5:17: network.mlp.hidden.1: expected at least 1, found 0.',
    ],
    [
      'a missing option',
      { network: 'network: { cnn: { kernel: 3 } }' },
      's.yaml:3:17: network.cnn.filters: expected a list, it is missing.',
    ],
    [
      'an impossible dropout',
      { network: 'network: { mlp: { hidden: [4], dropout: 1 } }' },
      'network.mlp.dropout: expected less than 1, found 1.',
    ],
    [
      'an unknown initializer',
      { x: 'initializer: glorot_uniform' },
      'found "glorot_uniform", did you mean "glorot-uniform"?',
    ],
    [
      'a negative range',
      { x: 'initializer: { uniform: -1 }' },
      'initializer.uniform: expected more than 0, found -1.',
    ],
    [
      'a wrong constant',
      { x: 'batchNorm: { epsilon: small }' },
      'batchNorm.epsilon: expected a number, found "small".',
    ],
    [
      'a fractional seed',
      { x: 'seeds: [1, 1.5]' },
      's.yaml:7:12: seeds.1: expected a whole number, found 1.5.',
    ],
    ['a seed twice', { x: 'seeds: [1, 1]' }, 'seeds: a seed is listed twice.'],
    ['no seeds', { x: 'seeds: []' }, 'seeds: expected a list of at least 1, found an empty list.'],
    [
      'a misspelt range',
      { x: 'seeds: rnage(0, 5)' },
      'seeds: expected range(first, end), found "rnage(0, 5)".',
    ],
    [
      'an unknown engine',
      { x: 'engine: onxx' },
      'engine: expected one of onnx, cpu, found "onxx", did you mean "onnx"?',
    ],
    ['negative l2', { x: 'l2: -1' }, 'l2: expected at least 0, found -1.'],
    [
      'no regimes',
      { regimes: 'regimes: {}' },
      's.yaml:4:10: regimes: expected at least one regime.',
    ],
    [
      'a regime name with a slash',
      { regimes: 'regimes: { a/b: { batch: 1, optimizer: adam, epochs: 1 } }' },
      'expected a regime name of letters',
    ],
    [
      'a misspelt key of a regime',
      { regimes: 'regimes:\n  SB: { batch: 1, optimizer: adam, epoch: 1 }' },
      's.yaml:5:36: regimes.SB.epoch: unknown key "epoch", did you mean "epochs"?',
    ],
    [
      'a batch of zero',
      { regimes: 'regimes:\n  SB: { batch: 0, optimizer: adam, epochs: 1 }' },
      's.yaml:5:16: regimes.SB.batch: expected at least 1, found 0.',
    ],
    [
      'a fractional batch',
      { regimes: 'regimes: { S: { batch: 1.5, optimizer: adam, epochs: 1 } }' },
      'regimes.S.batch: expected a whole number, found 1.5.',
    ],
    [
      'an unknown optimizer',
      { regimes: 'regimes: { S: { batch: 1, optimizer: adma, epochs: 1 } }' },
      'found "adma", did you mean "adam"?',
    ],
    [
      'an option of another optimizer',
      { regimes: 'regimes: { S: { batch: 1, optimizer: { sgd: { momentum: 1 } }, epochs: 1 } }' },
      'regimes.S.optimizer.sgd.momentum: unknown key "momentum"',
    ],
    [
      'a learning rate of zero',
      { regimes: 'regimes: { S: { batch: 1, optimizer: sgd, epochs: 1, learningRate: 0 } }' },
      'regimes.S.learningRate: expected more than 0, found 0.',
    ],
    [
      'an unknown measure',
      { x: 'measures:\n  - kesker: {}' },
      's.yaml:8:5: measures.0.kesker: unknown key "kesker", did you mean "keskar"?',
    ],
    [
      'an unknown measure by name',
      { x: 'measures: [kesker]' },
      's.yaml:7:12: measures.0: expected one of keskar, hessian-top, found "kesker", did you mean "keskar"?',
    ],
    [
      'an unknown option of a measure',
      { x: 'measures: [{ keskar: { eps: 1 } }]' },
      's.yaml:7:24: measures.0.keskar.eps: unknown key "eps"',
    ],
    [
      'a negative epsilon',
      { x: 'measures: [{ keskar: { epsilon: [1e-3, -1] } }]' },
      'measures.0.keskar.epsilon.1: expected more than 0, found -1.',
    ],
    [
      'an unknown space',
      { x: 'measures: [{ keskar: { space: [ful] } }]' },
      'measures.0.keskar.space.0: expected one of full, found "ful", did you mean "full"?',
    ],
    [
      'an unknown batch-norm mode',
      { x: 'measures: [{ hessian-top: { batchNorm: eval } }]' },
      'measures.0.hessian-top.batchNorm: expected one of running, batch, found "eval".',
    ],
    [
      'an unknown chart',
      { x: 'report: [training-curve]' },
      'report.0: expected one of gap, sharpness',
    ],
    [
      'a falling range',
      { x: 'line: { from: SB, to: LB, range: [2, -1] }' },
      'line.range: expected two rising numbers.',
    ],
    [
      'a range of one',
      { x: 'line: { from: SB, to: LB, range: [2] }' },
      'line.range: expected a list of at least 2, found a list',
    ],
    [
      'a missing end of the line',
      { x: 'line: { from: SB }' },
      's.yaml:7:7: line.to: expected a string, it is missing.',
    ],
    [
      'a misspelt subset',
      { x: 'measureOn: al' },
      'measureOn: expected one of all, found "al", did you mean "all"?',
    ],
    ['a prototype key', { x: '__proto__: 1' }, '__proto__'],
  ])('refuses %s, with place, key and what was expected', (_, replace, message) => {
    expect(() => parse(replace)).toThrow(InputError);
    expect(() => parse(replace)).toThrow(message);
  });
});
