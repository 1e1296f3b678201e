import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('the example of the library trains and measures a network of its own', async () => {
  const { stdout } = await promisify(execFile)('node_modules/.bin/tsx', ['examples/library.ts'], {
    cwd: root,
  });
  const found = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1]);
  expect(stdout.match(/eigenvalue/g)).toHaveLength(2);
  expect(found(/eigenvalue ([\d.]+), residual [\d.e-]+, \d+ products/)).toBeGreaterThan(0);
  expect(found(/Keskar sharpness ([\d.]+)/)).toBeGreaterThan(0);
});
