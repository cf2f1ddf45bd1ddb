/** How the product posts: alone and at once, or from the stream's batches. The figures are the code's; a test compares. */
import type { House } from './house.ts';
import type { Timeline } from './timeline.ts';

/** lib/runtime/patience.ts */
export const FIRST_WAIT_MS = 10;
export const LONGEST_WAIT_MS = 500;
/** lib/ledger/contention.ts, lib/ledger/settlement/settle-one.ts */
export const PATIENCE_MS = 10_000;
export const QUEUED_PATIENCE_MS = 3_000;
/** lib/ledger/settlement/settle-batch.ts */
export const AT_ONCE = 16;
/** serverless.yml: `batchSize`; the shards that a table's stream begins with, times `parallelizationFactor`. */
export const BATCH_SIZE = 100;
export const WORKERS = 16;

export interface Transfer {
  at: number;
  shard: number;
}

interface Parts {
  timeline: Timeline;
  house: House;
  random: () => number;
}

type Told = (transfer: Transfer, settled: boolean) => void;

/** Tries until the transfer settles or its patience ends. */
export function postAlone(transfer: Transfer, parts: Parts, patienceMs: number, told: Told): void {
  const { timeline, house, random } = parts;
  const deadlineAt = timeline.now + patienceMs;
  const attempt = (tries: number): void =>
    house.transact(transfer.shard, 1, (settled) => {
      if (settled) return told(transfer, true);
      const waitMs = random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
      if (timeline.now + waitMs >= deadlineAt) return told(transfer, false);
      timeline.after(waitMs, () => attempt(tries + 1));
    });
  attempt(1);
}

/** Takes transfers in, settles them in batches: those of one shard in one transaction of up to `group`. */
export function createSettler(parts: Parts, group: number, told: Told): (transfer: Transfer) => void {
  const queues = Array.from({ length: WORKERS }, () => ({ waiting: [] as Transfer[], busy: false }));
  type Queue = (typeof queues)[number];

  function next(queue: Queue): void {
    const batch = queue.waiting.splice(0, BATCH_SIZE);
    queue.busy = batch.length > 0;
    if (!queue.busy) return;
    const byShard = Map.groupBy(batch, ({ shard }) => shard);
    const groups = [...byShard.values()].flatMap((some) => inGroupsOf(group, some));
    eachOf(groups, AT_ONCE, settleGroup, () => next(queue));
  }

  function settleGroup(some: Transfer[], done: () => void): void {
    const oneByOne = () =>
      eachOf(
        some,
        1,
        (one, goOn) => postAlone(one, parts, QUEUED_PATIENCE_MS, (...end) => (told(...end), goOn())),
        done,
      );
    if (some.length === 1) return oneByOne();
    parts.house.transact(some[0]!.shard, some.length, (settled) => {
      if (!settled) return oneByOne();
      for (const one of some) told(one, true);
      done();
    });
  }

  return (transfer) => {
    const queue = queues[Math.floor(parts.random() * WORKERS)]!;
    queue.waiting.push(transfer);
    if (queue.busy) return;
    queue.busy = true;
    parts.timeline.after(0, () => next(queue));
  };
}

const inGroupsOf = <T>(size: number, all: T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));

/** `atOnce` of them at a time, then `done`. */
function eachOf<T>(
  all: readonly T[],
  atOnce: number,
  run: (one: T, goOn: () => void) => void,
  done: () => void,
): void {
  let begun = 0;
  let ended = 0;
  const step = (): void => {
    if (begun < all.length) run(all[begun++]!, goOn);
  };
  const goOn = (): void => {
    if (++ended === all.length) done();
    else step();
  };
  for (let n = Math.min(atOnce, all.length); n > 0; n--) step();
}
