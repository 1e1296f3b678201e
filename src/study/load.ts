import { readFileSync } from 'node:fs';
import {
  type Document,
  type ParsedNode,
  LineCounter,
  isMap,
  isNode,
  isScalar,
  parseDocument,
} from 'yaml';
import type { z } from 'zod';
import { InputError, suggestion } from '../error.js';
import { type Study, studySchema } from './schema.js';

/** Keys and list positions that lead to a value. */
export type KeyPath = readonly PropertyKey[];

/** A study file that was read and checked. */
export interface StudyFile {
  file: string;
  study: Study;
  /** `study.yaml:12:5: regimes.LB.batch`: where a value stands, or the nearest thing around it. */
  where: (path: KeyPath) => string;
}

/**
 * Reads a study file.
 *
 * @throws InputError that names file, line, column and key, what was expected and what was found: for
 *   a missing or empty file, YAML that cannot be parsed, and whatever `studySchema` refuses.
 */
export function loadStudy(file: string): StudyFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new InputError(`${file}: this study file ${reason}.`);
  }
  return parseStudy(text, file);
}

/** As `loadStudy`, from text; `file` is for messages. */
export function parseStudy(text: string, file: string): StudyFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const [{ message, pos }] = document.errors;
    throw new InputError(`${at(pos[0])}: this is not valid YAML: ${message}.`);
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}.`);
  }
  if (value === null) {
    throw new InputError(
      `${file}: the study file is empty, expected name, data, network, regimes.`,
    );
  }
  const place = (path: KeyPath, atKey: boolean): string => {
    const key = path.length > 0 ? ` ${path.join('.')}` : '';
    return `${at(offsetOf(document, path, atKey))}:${key}`;
  };
  const result = studySchema.safeParse(value);
  if (!result.success) {
    const { path, text, atKey = false } = explainFirst(result.error, value);
    const colon = path.length > 0 ? ':' : '';
    throw new InputError(`${place(path, atKey)}${colon} ${text}`);
  }
  const where = (path: KeyPath): string => place(path, false);
  return { file, study: result.data, where };
}

/** Offset of the value at `path` or of its key, or, where it is missing, of what encloses it. */
function offsetOf(document: Document.Parsed<ParsedNode>, path: KeyPath, atKey: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const value = document.getIn(path.slice(0, length), true);
    const parent = length > 1 ? document.getIn(path.slice(0, length - 1), true) : document.contents;
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === path[length - 1])
      : undefined;
    const node = atKey && pair ? pair.key : value;
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range[0] ?? 0;
}

type Issue = z.core.$ZodIssue;

/** A misspelt key explains a missing one, so it comes first. */
function first(issues: readonly Issue[]): Issue {
  return issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
}

export interface Explanation {
  path: KeyPath;
  text: string;
  /** It is about the key, not its value. */
  atKey?: boolean;
}

/** Where zod found `root` wrong, the first thing to mend, and a sentence about it. */
export function explainFirst({ issues }: z.ZodError, root: unknown): Explanation {
  const explanation = explain(first(issues), root, []);
  const { text } = explanation;
  return { ...explanation, text: text.endsWith('?') ? text : `${text}.` };
}

/** The path and the words for an issue of zod about `root`, whose own path starts at `base`. */
function explain(issue: Issue, root: unknown, base: KeyPath): Explanation {
  const path = [...base, ...issue.path];
  const value = valueAt(root, path);
  const found = value === undefined ? 'it is missing' : `found ${show(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return { path, text: `expected ${kinds[issue.expected] ?? issue.expected}, ${found}` };
    case 'invalid_value': {
      const values = issue.values.map(String);
      const hint = typeof value === 'string' ? suggestion(value, values) : '';
      return { path, text: `expected one of ${values.join(', ')}, ${found}${hint}` };
    }
    case 'unrecognized_keys':
      return { path: [...path, issue.keys[0]], text: issue.message, atKey: true };
    case 'too_small': {
      const bound = issue.inclusive ? 'at least' : 'more than';
      const list = issue.origin === 'array' ? 'a list of ' : '';
      return { path, text: `expected ${list}${bound} ${issue.minimum}, ${found}` };
    }
    case 'too_big': {
      const bound = issue.inclusive ? 'at most' : 'less than';
      const list = issue.origin === 'array' ? 'a list of ' : '';
      return { path, text: `expected ${list}${bound} ${issue.maximum}, ${found}` };
    }
    case 'invalid_key':
      return { path, text: issue.issues[0].message, atKey: true };
    case 'invalid_union': {
      const meant = issue.errors.filter((branch) => !mismatches(branch, value));
      return meant.length === 1
        ? explain(first(meant[0]), root, path)
        : { path, text: `${issue.message}, ${found}` };
    }
    case 'invalid_format':
      return { path, text: `${issue.message}, ${found}` };
    default:
      return { path, text: issue.message };
  }
}

/** Whether a branch of a union is about another kind of value altogether. */
function mismatches(branch: readonly Issue[], value: unknown): boolean {
  return branch.some(
    (issue) =>
      issue.path.length === 0 &&
      ((issue.code === 'invalid_type' &&
        !(issue.expected === 'int' && typeof value === 'number')) ||
        (issue.code === 'invalid_value' && issue.values.every((v) => typeof v !== typeof value)) ||
        (issue.code === 'invalid_union' &&
          issue.errors.every((errors) => mismatches(errors, value)))),
  );
}

function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}

function show(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

const kinds: Partial<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  tuple: 'a list',
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};
