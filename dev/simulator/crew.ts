/** Many seeds, in as many threads as there are cores. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

export interface SeedsTask {
  from: number;
  to: number;
  steps: number;
}

/** What a thread is started with: it takes every `of`th seed. */
export interface Share extends SeedsTask {
  nth: number;
  of: number;
  /** One number: the lowest seed that is known to fail. Who is past it stops. */
  lowest: Int32Array;
}

export interface SeedResult {
  seed: number;
  digest: string;
  violations: string[];
  events: number;
}

const NONE = 0x7fffffff;

/** @returns the failing seed that is lowest, and one digest of all that were run. */
export async function runSeeds(
  task: SeedsTask,
  tell: (done: number) => void,
): Promise<{ failing: SeedResult | undefined; digest: string; events: number }> {
  const of = Math.min(availableParallelism(), task.to - task.from + 1);
  const lowest = new Int32Array(new SharedArrayBuffer(4)).fill(NONE);
  const results: SeedResult[] = [];
  const threads = Array.from({ length: of }, (_, nth) =>
    thread({ ...task, nth, of, lowest }, (result) => {
      results.push(result);
      tell(results.length);
    }),
  );
  await Promise.all(threads);
  results.sort((a, b) => a.seed - b.seed);
  const digest = createHash('sha256')
    .update(results.map((one) => one.digest).join('\n'))
    .digest('hex');
  const events = results.reduce((sum, one) => sum + one.events, 0);
  return { failing: results.find(({ violations }) => violations.length > 0), digest, events };
}

function thread(workerData: Share, onResult: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('crew-member.ts', import.meta.url), { workerData });
    worker.on('message', onResult);
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}
