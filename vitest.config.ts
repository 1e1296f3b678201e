import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: './tests/cli/build.ts',
    include: ['tests/**/*.test.ts'],
    // ONNX Runtime is a native addon with its own threads: one process a file, never worker threads.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
