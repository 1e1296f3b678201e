import { z } from 'zod';
import { suggestion } from '../error.js';

/** A mapping with these keys; any other is an error that names the key meant or all that there are. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: unknownKey(Object.keys(shape)) });
}

/** A mapping with exactly one of these keys, as in `example`: `{ adam: { beta1: 0.9 } }`. */
export function oneOf<Shape extends z.ZodRawShape>(shape: Shape, example: string) {
  const keys = Object.keys(shape);
  return z
    .strictObject(shape, { error: unknownKey(keys, `, as in ${example}`) })
    .partial()
    .refine((value) => Object.keys(value).length === 1, {
      error: `expected exactly one of the keys ${keys.join(', ')}`,
    });
}

function unknownKey(known: string[], example = '') {
  return (issue: { code?: string; keys?: unknown }): string | undefined => {
    if (issue.code !== 'unrecognized_keys') return undefined;
    const [key] = issue.keys as string[];
    const hint = suggestion(key, known) || `, expected one of: ${known.join(', ')}${example}`;
    return `unknown key "${key}"${hint}`;
  };
}
