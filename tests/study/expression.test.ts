import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import { evaluate } from '../../src/study/expression.js';

const scope = { N: 60_000, B: 1024 };
const value = (expression: string) =>
  evaluate(expression, scope, 'study.yaml:3:5: regimes.LB.batch');

describe('evaluate', () => {
  it.each<[string, number]>([
    ['0.1 * N', 6000],
    ['0.1 * sqrt(B / 256)', 0.2],
    ['N / B', 58.59375],
    ['2^3^2', 512],
    ['-2^2 + 7 % 4', -1],
    ['(1 + 2) * 3', 9],
    ['2 B', 2048],
    ['min(N, 4 * B, 5000)', 4096],
    ['max(floor(2.7), ceil(1.2)) + round(2.5) + abs(-1)', 6],
    ['log(8, 2) + log2(8) + log10(1000) + exp(0) + log(e)', 11],
    ['pow(2, 10)', 1024],
    ['cos0 * 0', NaN],
    ['2 * pi', 2 * Math.PI],
    ['1e-3', 0.001],
  ])('%s', (expression, expected) => {
    if (Number.isNaN(expected)) expect(() => value(expression)).toThrow(InputError);
    else expect(value(expression)).toBeCloseTo(expected, 12);
  });

  it('names an unknown name, its position, what was meant and what is known', () => {
    expect(() => evaluate('0.1 * size', { N: 1, B: 2 }, 'a.yaml:1:2: x')).toThrow(
      'a.yaml:1:2: x: in the expression "0.1 * size" at character 7: unknown name "size". Known: N, B, pi, e.',
    );
    expect(() => value('sqrt(NN)')).toThrow('at character 6: unknown name "NN", did you mean "N"?');
    expect(() => value('sqtr(N)')).toThrow(
      'at character 1: unknown function "sqtr", did you mean "sqrt"?',
    );
  });

  it('gives the position of a syntax error', () => {
    expect(() => value('0.1 * ')).toThrow(/at character \d+: (Unexpected end|Value expected)/);
    expect(() => value('1 + * 2')).toThrow('at character 5: Value expected.');
    expect(() => value('(1')).toThrow('Parenthesis ) expected');
  });

  it.each([
    'N = 1',
    'f(x) = x',
    'N; B',
    'N\nB',
    '"text"',
    '1:3',
    '[1, 2]',
    '{a: 1}',
    'N[1]',
    'N.constructor',
    'sqrt.constructor(1)',
    'true ? 1 : 2',
    'true',
    'null',
    'N == B',
    'N > B',
    '3!',
    'N to B',
    '5 cm',
    "N'",
    'not N',
    'N & B',
    'sqrt',
    'end',
    'i',
    'Infinity',
    'NaN',
    '1e400',
    'N / 0',
    '0 / 0',
    'log(-1)',
    'sqrt(-1)',
    'min()',
    'sqrt(1, 2)',
    'import(N)',
    'evaluate("1")',
    'parse("1")',
    'createUnit("x")',
    'random()',
    'factorial(170)',
    'constructor',
    '__proto__',
    'toString()',
    '',
    '   ',
    '# comment',
    `${'('.repeat(30)}1${')'.repeat(30)}`,
    `${'-'.repeat(60)}1`,
    `1${' + 1'.repeat(60)}`,
  ])('refuses %j', (expression) => {
    expect(() => value(expression)).toThrow(InputError);
    expect(() => value(expression)).toThrow('study.yaml:3:5: regimes.LB.batch: in the expression');
  });
});
