/** `npm run test:real`: Gatehouse in front of real programs, installed from Debian. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    globalSetup: ['test/stores.setup.ts'],
    // apt takes one at a time, and so do small machines.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    pool: 'forks',
    // What is installed, or why something is skipped, is one line each.
    disableConsoleIntercept: true,
  },
});
