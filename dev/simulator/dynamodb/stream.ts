/** A table's stream as Lambda reads it: each shard in order, in batches, at least once, and sometimes not for a while. */
import type { Circumstance } from '../time/process.ts';
import type { Change, Commit } from './database.ts';
import type { Attributes } from './attributes.ts';

export interface StreamRecord {
  eventName: string;
  eventSourceARN: string;
  dynamodb: { SequenceNumber: string; Keys: Attributes; NewImage?: Attributes; OldImage?: Attributes };
}

/** Works on a batch. Answers which records have to come again; rejects: all of them. It may never end. */
export type Consumer = (records: StreamRecord[], here: Circumstance) => Promise<string[]>;

const SHARDS = 3;
/** Lambda gives a record up after so many tries: onto the dead letter queue with it. */
const TRIES = 10;

export interface StreamOptions {
  table: string;
  /** Of the function: one that does not answer is over, milliseconds. */
  limitMs: number;
  /** Which changes the function is called for, as serverless.yml has it. */
  isWanted: (change: Change) => boolean;
}

interface Shard {
  here: Circumstance;
  waiting: StreamRecord[];
  isBusy: boolean;
  failures: number;
}

export class Stream {
  readonly #options: StreamOptions;
  readonly #shards: Shard[];
  readonly #consumer: Consumer;
  #sequence = 0;
  /** Trouble is over: batches come at once, and once. */
  isCalm = false;

  constructor(options: StreamOptions, here: (shard: number) => Circumstance, consumer: Consumer) {
    this.#options = options;
    this.#consumer = consumer;
    this.#shards = Array.from({ length: SHARDS }, (_, n) => ({
      here: here(n),
      waiting: [],
      isBusy: false,
      failures: 0,
    }));
  }

  watch({ changes }: Commit): void {
    for (const change of changes) {
      const { table, key, before, after } = change;
      if (table !== this.#options.table || !this.#options.isWanted(change)) continue;
      const shard = this.#shards[shardOf(key['pk']?.S ?? '')]!;
      shard.waiting.push({
        eventSourceARN: `arn:aws:dynamodb:us-east-1:0:table/${table}/stream/1`,
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
    here.timeline.after(this.#options.limitMs, 'a batch is given up', here, undefined, () => end(all));
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
