/** How long settleDue goes on looking, on the real store: what others hold, what is due later, what cannot be written. */
import { describe, expect, it } from 'vitest';
import { readBacklog } from '../../../lib/ledger/settlement/backlog.ts';
import { claim } from '../../../lib/ledger/settlement/pending.ts';
import { settleOne } from '../../../lib/ledger/settlement/settle-one.ts';
import { readTransfer } from '../../../lib/ledger/items.ts';
import { settleDue } from '../../../lib/ledger/settlement/settle-due.ts';
import { transferKey } from '../../../lib/ledger/keys.ts';
import type { PostInput } from '../../../lib/ledger/ledger.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { ConditionFailed } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents, Item, Page } from '../../../lib/vendors/dynamodb/documents.ts';
import { deposit } from './books.ts';
import { useQueue } from './queue.ts';
import type { Queue } from './queue.ts';

/** Between the acceptance and what the sweep takes for lost, milliseconds. */
const TURN_MS = 15_000;
const LAG_MS = 200;

let queue: Queue;
useQueue((opened) => void (queue = opened));

async function accepted(user: number): Promise<PostInput> {
  const order = deposit(user, '5');
  await queue.accept(order);
  return order;
}
/** Looks at the index are counted; nobody can claim what `isHeld`. */
function others(isHeld: (item: Item, looks: number) => boolean) {
  const seen = { looks: 0 };
  const store = queue.stores.documents;
  const documents: Partial<Documents> = {
    query: async (input) => {
      if (String(input.values[':partition']).endsWith('#0')) seen.looks += 1;
      return store.query(input);
    },
    put: async (name, item, expression) => {
      if (isHeld(item, seen.looks)) throw new ConditionFailed();
      return store.put(name, item, expression);
    },
  };
  return { seen, documents };
}
const statusOf = async (order: PostInput) => (await queue.transfer(order)).status;
const dueAtOf = async (order: PostInput) => Date.parse(String((await queue.item(order))['dueAt']));

describe('what is due', () => {
  it('and held by others is looked at five times, a lag of the index apart, then left to the next sweep', async () => {
    await accepted(1);
    queue.clock.at += TURN_MS;
    const { seen, documents } = others(() => true);
    expect(await settleDue(queue.clock.at + 60_000, queue.deps(documents))).toEqual({});
    expect([seen.looks, queue.clock.sleeps]).toEqual([5, [LAG_MS, LAG_MS, LAG_MS, LAG_MS]]);
  });

  it('begins to count anew once something was settled', async () => {
    const held = await accepted(1);
    const free = await accepted(2);
    queue.clock.at += TURN_MS;
    const { seen, documents } = others(({ pk }, looks) => pk === transferKey(held)['pk'] || looks < 3);
    expect(await settleDue(queue.clock.at + 60_000, queue.deps(documents))).toEqual({ SETTLED: 1 });
    expect(await statusOf(free)).toBe('SETTLED');
    expect([seen.looks, queue.clock.sleeps.length]).toEqual([3 + 5, 2 + 4]);
  });

  it('later is waited for in one piece, and is no idle look', async () => {
    const first = await accepted(1);
    queue.clock.at += 5_000;
    const orders = [first, await accepted(2)];
    expect(await settleDue(queue.clock.at + 60_000, queue.deps())).toEqual({ SETTLED: 2 });
    expect(await Promise.all(orders.map(statusOf))).toEqual(['SETTLED', 'SETTLED']);
    const rounded = queue.clock.sleeps.map((ms) => Math.round(ms / 1_000));
    expect(rounded).toEqual([TURN_MS / 1_000 - 5, 5]);
  });

  it('this very millisecond is due', async () => {
    const order = await accepted(1);
    const dueAt = await dueAtOf(order);
    const still = { ...queue.clock, now: () => dueAt };
    expect(await settleDue(dueAt + 1, { ...queue.deps(), clock: still })).toEqual({ SETTLED: 1 });
  });

  it('says the index, and the row says that somebody has it: it is left alone', async () => {
    const order = deposit(1, '5');
    const row = await queue.accept(order);
    queue.clock.at += TURN_MS;
    const store = queue.stores.documents;
    const listed = new Map<unknown, Page>();
    for (const nth of Array(8).keys()) {
      const partition = `PENDING#${nth}`;
      const values = { ':partition': partition };
      const input = { table: queue.table, index: 'byAccount', where: 'gsi1pk = :partition', values };
      listed.set(partition, await store.query(input));
    }
    expect(await claim(queue.deps(), row, queue.clock.at)).toBeDefined();
    const heldUntil = await dueAtOf(order);
    const consistent: (boolean | undefined)[] = [];
    const behind = queue.deps({
      query: async ({ values }) => listed.get(values[':partition'])!,
      batchGet: async (name, keys, options) => {
        consistent.push(options?.consistent);
        return store.batchGet(name, keys, options);
      },
    });
    expect(await settleDue(queue.clock.at + 10_000, behind)).toEqual({});
    expect(await dueAtOf(order)).toBe(heldUntil);
    // A read that may be behind itself would show it as free.
    expect(new Set(consistent)).toEqual(new Set([true]));
  });

  it('is claimed by one of many, for a minute, and keeps all that it is', async () => {
    const order = deposit(1, '5');
    const row = await queue.accept(order);
    const now = queue.clock.at;
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(queue.deps(), row, now)));
    const [won, ...rest] = claims.filter((each) => each !== undefined);
    expect(rest).toEqual([]);
    expect(won).toEqual({ ...row, queued: { ...row.queued, dueAt: new Date(now + 60_000).toISOString() } });
    expect(readTransfer(await queue.item(order))).toEqual(won);
    expect(await settleOne(won!, queue.deps())).toBe('SETTLED');
    // Of what has settled meanwhile nothing is left to claim.
    expect(await claim(queue.deps(), won!, now)).toBeUndefined();
  });

  it('says an entry without a time, or of no transfer: nobody waits for it', async () => {
    for (const sort of ['garbage', 'no-time#SERVICE#id'])
      await queue.stores.documents.put(queue.table, { pk: sort, sk: 'X', gsi1pk: 'PENDING#0', gsi1sk: sort });
    expect(await settleDue(queue.clock.at + 60_000, queue.deps())).toEqual({});
    expect(queue.clock.sleeps).toEqual([]);
    const { firstDueAt, oldestSince } = await readBacklog(queue.deps());
    expect([firstDueAt, oldestSince]).toEqual([Number.POSITIVE_INFINITY, undefined]);
  });

  it('later is not read from the table', async () => {
    await accepted(1);
    const keys: unknown[] = [];
    const store = queue.stores.documents;
    const documents: Partial<Documents> = {
      batchGet: async (name, asked, options) => {
        keys.push(...asked);
        return store.batchGet(name, asked, options);
      },
    };
    expect(await settleDue(queue.clock.at + 1_000, queue.deps(documents))).toEqual({});
    expect(keys).toEqual([]);
  });

  it('only when the time is over is not waited for', async () => {
    const dueAt = await dueAtOf(await accepted(1));
    expect(await settleDue(dueAt, queue.deps())).toEqual({});
    expect(queue.clock.sleeps).toEqual([]);
  });

  it('is not looked for when the time is over', async () => {
    await accepted(1);
    const until = queue.clock.at + 2 * TURN_MS;
    const late = { ...queue.clock, now: () => until };
    const { seen, documents } = others(() => false);
    expect(await settleDue(until, { ...queue.deps(documents), clock: late })).toEqual({});
    expect(seen.looks).toBe(0);
  });

  it('and cannot even be put off is counted as such', async () => {
    await accepted(1);
    queue.clock.at += TURN_MS;
    const away = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'away'));
    const store = queue.stores.documents;
    let claims = 0;
    const documents: Partial<Documents> = {
      transact: away,
      // The claim is written; after it nothing is.
      put: (...args) => (claims++ === 0 ? store.put(...args) : away()),
    };
    expect(await settleDue(queue.clock.at + 10_000, queue.deps(documents))).toEqual({ unwritten: 1 });
  });
});
