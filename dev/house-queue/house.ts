/** One house account of N items in DynamoDB: what a transaction meets there. */
import type { Timeline } from './timeline.ts';

export interface HouseOptions {
  shards: number;
  /** The share of transactions that are cancelled for another reason: two posts of one user, a reader's snapshot. */
  otherConflicts: number;
}

/** Milliseconds of a transaction of three items, and of each item more. Assumed: the usual figures within a region. */
const TRANSACTION_MS = 10;
const ITEM_MS = 0.2;
/** The part of it in which its items belong to it, and another transaction on one of them is cancelled. */
const HELD_SHARE = 0.5;
/** Write units a second of one item, and of a transactional write of it. */
const ITEM_UNITS = 1_000;
const WRITE_UNITS = 2;

interface Shard {
  heldUntil: number;
  /** Units left of the second. */
  units: number;
  filledAt: number;
}

export class House {
  transactions = 0;
  conflicts = 0;
  throttled = 0;
  readonly #timeline: Timeline;
  readonly #random: () => number;
  readonly #otherConflicts: number;
  readonly #shards: Shard[];

  constructor(timeline: Timeline, random: () => number, { shards, otherConflicts }: HouseOptions) {
    this.#timeline = timeline;
    this.#random = random;
    this.#otherConflicts = otherConflicts;
    this.#shards = Array.from({ length: shards }, () => ({ heldUntil: 0, units: ITEM_UNITS, filledAt: 0 }));
  }

  /** Posts `transfers` in one transaction; tells whether they settled. */
  transact(shard: number, transfers: number, told: (settled: boolean) => void): void {
    this.transactions += 1;
    const lasts = (TRANSACTION_MS + ITEM_MS * (2 * transfers - 2)) * (0.75 + 0.5 * this.#random());
    const unheld = (lasts * (1 - HELD_SHARE)) / 2;
    this.#timeline.after(unheld, () => {
      const isFree = this.#take(this.#shards[shard]!, lasts * HELD_SHARE);
      this.#timeline.after(isFree ? lasts - unheld : unheld, () => told(isFree));
    });
  }

  #take(shard: Shard, heldMs: number): boolean {
    const { now } = this.#timeline;
    shard.units = Math.min(ITEM_UNITS, shard.units + ((now - shard.filledAt) * ITEM_UNITS) / 1_000);
    shard.filledAt = now;
    if (shard.units < WRITE_UNITS) {
      this.throttled += 1;
      return false;
    }
    // A cancelled attempt is counted, too.
    shard.units -= WRITE_UNITS;
    if (now < shard.heldUntil || this.#random() < this.#otherConflicts) {
      this.conflicts += 1;
      return false;
    }
    shard.heldUntil = now + heldMs;
    return true;
  }
}
