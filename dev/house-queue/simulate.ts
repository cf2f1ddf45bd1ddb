/** The hot house account as a queue: posts arrive at random, meet on its shards, wait and try again. */
import { seeded } from '../seeded.ts';
import { House } from './house.ts';
import { PATIENCE_MS, createSettler, postAlone } from './posting.ts';
import type { Transfer } from './posting.ts';
import { Timeline } from './timeline.ts';

export interface Setting {
  /** Transfers that arrive in a second. */
  rate: number;
  shards: number;
  /** Transfers in a transaction: 1 posts each in its own request (`SYNC`), more settles the queue (`QUEUED`). */
  group: number;
  otherConflicts: number;
  seed: number;
}

export interface Outcome {
  /** Transfers that settled in a second, while others went on arriving. */
  settledPerSecond: number;
  /** Milliseconds from arrival to the end, whichever. */
  p50: number;
  p99: number;
  /** Cancelled transactions for each transfer that settled; those for lack of units among them. */
  conflicts: number;
  throttled: number;
  /** The share that ran out of patience. */
  failed: number;
}

/** Long enough that a queue that grows is seen to grow. */
const LEAST_MS = 3_000;
const LEAST_TRANSFERS = 2_000;
/** What arrives in the first part finds an empty house, and is not counted. */
const WARM_UP = 0.25;

export function simulate({ rate, shards, group, otherConflicts, seed }: Setting): Outcome {
  const random = seeded(seed);
  const timeline = new Timeline();
  const house = new House(timeline, random, { shards, otherConflicts });
  const endsAt = Math.max(LEAST_MS, (LEAST_TRANSFERS / rate) * 1_000);
  const countsFrom = endsAt * WARM_UP;
  const tally = { waits: [] as number[], settled: 0, failed: 0, settledInTime: 0 };
  let open = 0;

  const told = ({ at }: Transfer, settled: boolean): void => {
    open -= 1;
    if (settled && timeline.now >= countsFrom && timeline.now < endsAt) tally.settledInTime += 1;
    if (at < countsFrom) return;
    tally.waits.push(timeline.now - at);
    tally[settled ? 'settled' : 'failed'] += 1;
  };
  const parts = { timeline, house, random };
  const settle = createSettler(parts, group, told);
  const arrive = (): void => {
    if (timeline.now >= endsAt) return;
    const transfer = { at: timeline.now, shard: Math.floor(random() * shards) };
    open += 1;
    if (group > 1) settle(transfer);
    else postAlone(transfer, parts, PATIENCE_MS, told);
    timeline.after((-Math.log(1 - random()) / rate) * 1_000, arrive);
  };
  timeline.after(0, arrive);
  timeline.run(() => timeline.now >= endsAt && open === 0);

  const waits = tally.waits.toSorted((a, b) => a - b);
  const percentile = (share: number) => waits[Math.max(0, Math.ceil(waits.length * share) - 1)] ?? 0;
  const settled = Math.max(1, tally.settled);
  const counted = 1 - WARM_UP;
  return {
    settledPerSecond: tally.settledInTime / ((endsAt * counted) / 1_000),
    p50: percentile(0.5),
    p99: percentile(0.99),
    conflicts: (house.conflicts * counted) / settled,
    throttled: (house.throttled * counted) / settled,
    failed: tally.failed / Math.max(1, tally.settled + tally.failed),
  };
}
