/** The tests of one run (stryker.ts), in the order that they are named in. */
import type { TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import { isUnitTest, unitTestOf } from './rooms.ts';

const tests = (process.env['GATEHOUSE_MUTATION_TESTS'] ?? '').split(',');

/** One failure kills a mutant: what is quick goes first, where Vitest would begin with what took longest. */
class AsListed extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const own = unitTestOf(/\/(lib\/.*)/.exec(this.ctx.config.related?.[0] ?? '')?.[1] ?? '');
    const place = ({ moduleId }: TestSpecification) =>
      own !== '' && moduleId.endsWith(own) ? -1 : tests.findIndex((test) => moduleId.endsWith(test));
    return Promise.resolve(files.toSorted((a, b) => place(a) - place(b)));
  }
}

export default defineConfig({
  test: {
    include: tests,
    // Stores are started once per worker of Stryker, and only where a test needs them.
    globalSetup: tests.every(isUnitTest) ? [] : ['test/stores.setup.ts'],
    setupFiles: ['dev/mutation/seed.ts'],
    sequence: { sequencer: AsListed },
    // On a busy machine: what hangs is ended by Stryker.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
