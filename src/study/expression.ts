import { type FunctionNode, type MathNode, type OperatorNode, parse } from 'mathjs/number';
import { InputError, suggestion } from '../error.js';

const longest = 200;
const deepest = 20;

const operators = new Set([
  'add',
  'subtract',
  'multiply',
  'divide',
  'mod',
  'pow',
  'unaryMinus',
  'unaryPlus',
]);
const functions = [
  'abs',
  'ceil',
  'exp',
  'floor',
  'log',
  'log10',
  'log2',
  'max',
  'min',
  'pow',
  'round',
  'sqrt',
];
const constants = ['pi', 'e'];

/**
 * The value of an arithmetic expression of a study file, such as `0.1 * sqrt(B / 256)`, in float64:
 * numbers, the names in `scope`, `pi` and `e`, the operators + - * / % ^, parentheses, and the
 * functions abs, ceil, exp, floor, log (natural; log(x, base)), log10, log2, max, min, pow, round,
 * sqrt. Nothing else of mathjs is reachable. At most 200 characters, nested at most 20 deep.
 *
 * @param where file, line and key, the beginning of every message.
 * @throws InputError with the expression and the position in it, where it cannot be parsed, uses
 *   anything else, or is not a finite number.
 */
export function evaluate(
  expression: string,
  scope: Readonly<Record<string, number>>,
  where: string,
): number {
  const fail = (problem: string, position?: number): never => {
    const shown = expression.length > longest ? `${expression.slice(0, 40)}…` : expression;
    const at = position === undefined ? '' : ` at character ${position}`;
    throw new InputError(`${where}: in the expression "${shown}"${at}: ${problem}`);
  };
  if (expression.length > longest) {
    fail(`expected at most ${longest} characters, found ${expression.length}.`);
  }
  if (expression.trim() === '') fail('expected an expression, found nothing.');
  let root: MathNode;
  try {
    root = parse(expression);
  } catch (error) {
    const { message, char } = error as Error & { char?: number };
    return fail(`${message.replace(/ \(char \d+\)$/, '')}.`, char);
  }
  const names = [...Object.keys(scope), ...constants];
  const check = (node: MathNode, depth: number): void => {
    if (depth > deepest) fail(`it is nested more than ${deepest} deep.`);
    const problem = objection(node, names);
    if (problem) fail(problem.text, position(expression, problem.name));
    node.forEach((child, path) => {
      if (path !== 'fn') check(child, depth + 1);
    });
  };
  check(root, 0);
  let value: unknown;
  try {
    value = root.compile().evaluate(new Map(Object.entries(scope)));
  } catch (error) {
    return fail(`${(error as Error).message}.`);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return fail(`expected a finite number, found ${String(value)}.`);
  }
  return value;
}

/** What is wrong with a node itself, and the name that tells where it is. */
function objection(
  node: MathNode,
  names: readonly string[],
): { text: string; name?: string } | undefined {
  switch (node.type) {
    case 'ParenthesisNode':
      return undefined;
    case 'ConstantNode': {
      const { value } = node as MathNode & { value: unknown };
      return typeof value === 'number'
        ? undefined
        : { text: `expected numbers, found ${node.toString()}.` };
    }
    case 'OperatorNode': {
      const { fn, op } = node as OperatorNode;
      return operators.has(fn)
        ? undefined
        : { text: `the operator "${op}" is not allowed, expected + - * / % ^.`, name: op };
    }
    case 'SymbolNode': {
      const { name } = node as MathNode & { name: string };
      return names.includes(name)
        ? undefined
        : { text: `unknown name "${name}"${hint(name, names)}`, name };
    }
    case 'FunctionNode': {
      const { fn } = node as FunctionNode;
      const name = fn.type === 'SymbolNode' ? (fn as MathNode & { name: string }).name : undefined;
      if (name === undefined) return { text: 'only functions called by a plain name are allowed.' };
      return functions.includes(name)
        ? undefined
        : { text: `unknown function "${name}"${hint(name, functions)}`, name };
    }
    default: {
      const kind = node.type.replace(/Node$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
      return { text: `${kind.toLowerCase()} is not allowed, only arithmetic on numbers is.` };
    }
  }
}

function hint(name: string, known: readonly string[]): string {
  return `${suggestion(name, known) || '.'} Known: ${known.join(', ')}.`;
}

/** First place of a name or operator, counted from 1. mathjs keeps no positions in its nodes. */
function position(expression: string, name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = /^\w/.test(name) ? `(?<![\\w.])${escaped}(?!\\w)` : escaped;
  const index = expression.search(new RegExp(pattern, 'u'));
  return index === -1 ? undefined : index + 1;
}
