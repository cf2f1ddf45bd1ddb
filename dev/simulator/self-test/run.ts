/**
 * Would the simulator notice? `npm run simulate:self-test` plants bugs in the real code, one at a time, and says by which seed
 * each is found. Exits 1 where one is not, or cannot be planted any more. `-- session` takes those with the word in their name.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pMap from 'p-map';
import { plantedIn } from './bug.ts';
import type { Bug } from './bug.ts';
import { BUGS } from './bugs.ts';
import type { Found, Hunt } from './hunter.ts';

/** The rarest meeting of two workers is found by seed 272. */
const SEEDS = 300;
const STEPS = 100;
const ROOT = join(import.meta.dirname, '../../..');

const wanted = process.argv.slice(2);
const bugs = BUGS.filter(({ name }) => wanted.every((word) => name.includes(word)));
// Before hours are spent: all of them can be planted.
for (const bug of bugs) plantedIn(readFileSync(join(ROOT, bug.file), 'utf8'), bug);

function hunt(bug: Bug): Promise<Found | undefined> {
  return new Promise((resolve, reject) => {
    const workerData: Hunt = { bug, seeds: SEEDS, steps: STEPS };
    const worker = new Worker(new URL('hunter.ts', import.meta.url), { workerData });
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

const outcomes = await pMap(
  bugs,
  async (bug) => {
    const found = await hunt(bug);
    console.log(
      found
        ? `found   ${bug.name}: by seed ${found.seed} after ${found.begun} steps (${found.violation.slice(0, 160)})`
        : `MISSED  ${bug.name}: by none of ${SEEDS} seeds`,
    );
    return found !== undefined;
  },
  { concurrency: availableParallelism() },
);
const found = outcomes.filter(Boolean).length;
console.log(`${found} of ${bugs.length} planted bugs were found`);
if (found < bugs.length) process.exitCode = 1;
