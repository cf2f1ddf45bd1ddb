import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/**
 * Property tests take the same examples for every mutant and in every run: a score is not a matter of luck. Where there
 * are none, fast-check is not loaded: that takes as long as many a test.
 */
const { testPath } = expect.getState();
if (testPath !== undefined && readFileSync(testPath, 'utf8').includes("'fast-check'")) {
  const { configureGlobal } = await import('fast-check');
  configureGlobal({ seed: 20_261_121 });
}
