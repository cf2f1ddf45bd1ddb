/** A table's stream as Lambda reads it: each shard in order, in batches, at least once, and sometimes not for a while. */
import type { Circumstance } from '../time/process.ts';
import type { Commit } from './database.ts';
import type { Attributes } from './attributes.ts';

export interface StreamRecord {
  eventName: string;
  dynamodb: { SequenceNumber: string; Keys: Attributes; NewImage?: Attributes; OldImage?: Attributes };
}

/** Works on a batch. Answers which records have to come again; rejects: all of them. It may never end. */
export type Consumer = (records: StreamRecord[], here: Circumstance) => Promise<string[]>;

const SHARDS = 3;
/** Lambda gives a record up after so many tries: onto the dead letter queue with it. */
const TRIES = 10;
/** A function that does not answer is over, milliseconds. */
const LIMIT_MS = 60_000;

interface Shard {
  here: Circumstance;
  waiting: StreamRecord[];
  isBusy: boolean;
  failures: number;
}

export class Stream {
  readonly #table: string;
  readonly #shards: Shard[];
  readonly #consumer: Consumer;
  #sequence = 0;
  /** Trouble is over: batches come at once, and once. */
  isCalm = false;

  constructor(table: string, here: (name: string) => Circumstance, consumer: Consumer) {
    this.#table = table;
    this.#consumer = consumer;
    this.#shards = Array.from({ length: SHARDS }, (_, n) => ({
      here: here(`stream${n}`),
      waiting: [],
      isBusy: false,
      failures: 0,
    }));
  }

  watch({ changes }: Commit): void {
    for (const { table, key, before, after } of changes) {
      if (table !== this.#table) continue;
      const shard = this.#shards[shardOf(key['pk']?.S ?? '')]!;
      shard.waiting.push({
        eventName: before ? (after ? 'MODIFY' : 'REMOVE') : 'INSERT',
        dynamodb: {
          SequenceNumber: String((this.#sequence += 1)).padStart(12, '0'),
          Keys: key,
          ...(after && { NewImage: after }),
          ...(before && { OldImage: before }),
        },
      });
      this.#poll(shard);
    }
  }

  #poll(shard: Shard): void {
    if (shard.isBusy || shard.waiting.length === 0) return;
    shard.isBusy = true;
    const { here } = shard;
    const { chance, timeline } = here;
    const stands = !this.isCalm && chance.happens(0.03) ? chance.between(1_000, 90_000) : 0;
    const wait = stands + chance.between(10, 250) + shard.failures * 500;
    timeline.after(wait, 'the stream is read', here, undefined, () => this.#deliver(shard));
  }

  #deliver(shard: Shard): void {
    const { here } = shard;
    const batch = shard.waiting.slice(0, 1 + here.chance.upTo(10));
    let isOver = false;
    const end = (again: string[]) => {
      if (isOver) return;
      isOver = true;
      this.#settle(shard, batch, again);
    };
    const all = batch.map(({ dynamodb }) => dynamodb.SequenceNumber);
    here.timeline.after(LIMIT_MS, 'a batch is given up', here, undefined, () => end(all));
    this.#consumer(batch, here).then(end, () => end(all));
  }

  /** From the first that failed on, everything comes again. */
  #settle(shard: Shard, batch: StreamRecord[], again: string[]): void {
    const first = batch.findIndex(({ dynamodb }) => again.includes(dynamodb.SequenceNumber));
    const isTwice = first < 0 && !this.isCalm && shard.here.chance.happens(0.1);
    const done = isTwice ? 0 : first < 0 ? batch.length : first;
    shard.failures = done > 0 || isTwice ? 0 : shard.failures + 1;
    shard.waiting.splice(0, shard.failures >= TRIES ? done + 1 : done);
    if (shard.failures >= TRIES) shard.failures = 0;
    shard.isBusy = false;
    this.#poll(shard);
  }
}

function shardOf(text: string): number {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + character.codePointAt(0)!) % 65_521;
  return sum % SHARDS;
}
