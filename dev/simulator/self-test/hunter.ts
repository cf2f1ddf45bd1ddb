/** One thread of the self-test: plants one bug, then looks for a seed that shows it. */
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { plantedIn } from './bug.ts';
import type { Bug } from './bug.ts';

export interface Hunt {
  bug: Bug;
  seeds: number;
  steps: number;
}

export interface Found {
  seed: number;
  /** How many steps had begun. */
  begun: number;
  violation: string;
}

const { bug, seeds, steps } = workerData as Hunt;
let isPlanted = false;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith(`/${bug.file}`)) return loaded;
    isPlanted = true;
    return { ...loaded, source: plantedIn(Buffer.from(loaded.source as Uint8Array).toString('utf8'), bug) };
  },
});

const { prepare } = await import('../prepare.ts');
const { scenarioOf } = await import('../scenario.ts');
const { simulate } = await import('../simulation.ts');
if (!isPlanted) throw new Error(`"${bug.name}" was not planted: ${bug.file} is not part of a simulation.`);

async function hunt(): Promise<Found | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations, begun } = await simulate(scenarioOf(seed, steps));
    if (violations.length > 0) return { seed, begun, violation: violations[0]! };
  }
  return undefined;
}

await prepare();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort!.postMessage(await hunt());
