/** One thread of crew.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { prepare } from './prepare.ts';
import type { SeedResult, Share } from './crew.ts';
import { scenarioOf } from './scenario.ts';
import { simulate } from './simulation.ts';

const { from, to, steps, nth, of, lowest } = workerData as Share;
await prepare();
for (let seed = from + nth; seed <= to && seed < Atomics.load(lowest, 0); seed += of) {
  const { digest, violations, events } = await simulate(scenarioOf(seed, steps));
  if (violations.length > 0) {
    for (let known = Atomics.load(lowest, 0); seed < known; known = Atomics.load(lowest, 0))
      Atomics.compareExchange(lowest, 0, known, seed);
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort!.postMessage({ seed, digest, violations, events } satisfies SeedResult);
}
