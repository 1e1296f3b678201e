import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The built command line. */
    main: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Before all tests: builds the command line where it is older than its sources. */
export default function build(project: TestProject): void {
  const main = path.join(root, 'dist/cli/main.js');
  const sources = path.join(root, 'src');
  const changed = Math.max(
    ...readdirSync(sources, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(path.join(sources, name)).mtimeMs,
    ),
  );
  if (!existsSync(main) || statSync(main).mtimeMs < changed) {
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
      cwd: root,
      stdio: 'inherit',
    });
  }
  project.provide('main', main);
}
