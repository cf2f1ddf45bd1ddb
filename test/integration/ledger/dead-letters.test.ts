/** Transfers that were given up: listed in pages, found by service and cause, redriven many at a time. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeadLetters } from '../../../lib/ledger/settlement/dead-letters.ts';
import type { DeadLetterQuery, DeadLetters } from '../../../lib/ledger/settlement/dead-letters.ts';
import { givenUp, replaceRow } from '../../../lib/ledger/settlement/pending.ts';
import { transferKey } from '../../../lib/ledger/keys.ts';
import type { PostInput } from '../../../lib/ledger/ledger.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import { deposit } from './books.ts';
import { useQueue } from './queue.ts';
import type { Queue } from './queue.ts';

let queue: Queue;
useQueue((opened) => void (queue = opened));

const letters = (documents: Partial<Documents> = {}): DeadLetters =>
  createDeadLetters({ ...queue.deps(documents), cursors });
async function giveUp(id: string, service = 'A', cause: 'OURS' | 'PARTNER' = 'OURS'): Promise<PostInput> {
  const order: PostInput = { ...deposit(1, '5', id), service };
  const row = await queue.accept(order);
  queue.clock.at += 1_000;
  const at = new Date(queue.clock.at).toISOString();
  await replaceRow(queue.deps(), row, givenUp(row, 1, at, { cause, code: 'INTERNAL', detail: 'broken' }));
  return order;
}
const idsOf = async (query: DeadLetterQuery = {}, by = letters()) =>
  (await by.list(query)).items.map(({ transactionId }) => transactionId);
const far = () => queue.clock.at + 60_000;

describe('the list', () => {
  it('has our own faults first, the oldest of each first, and when each was given up', async () => {
    await giveUp('theirs', 'A', 'PARTNER');
    await giveUp('ours-1');
    await giveUp('ours-2', 'B');
    expect(await idsOf()).toEqual(['ours-1', 'ours-2', 'theirs']);
    const [first] = (await letters().list({ service: 'B' })).items;
    expect(first).toEqual({
      transactionId: 'ours-2',
      service: 'B',
      cause: 'OURS',
      code: 'INTERNAL',
      detail: 'broken',
      attempts: 1,
      at: new Date(queue.clock.at - 1).toISOString().replace(/\.\d+Z/, first!.at.slice(19)),
    });
    const { history } = await queue.transfer({ ...deposit(1, '5', 'ours-2'), service: 'B' });
    expect(first!.at).toBe(history[1]!.at);
    expect(await idsOf({ cause: 'PARTNER' })).toEqual(['theirs']);
    expect(await idsOf({ cause: 'OURS', service: 'A' })).toEqual(['ours-1']);
    expect(await idsOf({ service: 'C' })).toEqual([]);
  });

  it('comes in pages that miss none and repeat none, over both causes', async () => {
    for (const id of ['1', '2', '3']) await giveUp(id);
    for (const id of ['4', '5']) await giveUp(id, 'A', 'PARTNER');
    for (const limit of [1, 2, 3, 5]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await letters().list({ limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map(({ transactionId }) => transactionId));
        ({ cursor } = page);
      } while (cursor !== undefined);
      expect(seen).toEqual(['1', '2', '3', '4', '5']);
    }
    // A page that holds all of them leads nowhere.
    expect(await letters().list({ limit: 5 })).not.toHaveProperty('cursor');
    expect((await letters().list({ limit: 0 })).items).toHaveLength(1);
  });

  it('refuses the cursor of another list', async () => {
    await giveUp('1');
    const another = cursors.of('another', z.string());
    await expect(letters().list({ cursor: await another.write('x') })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });

  it('leaves out what is dead no longer, and what cannot be read', async () => {
    const redriven = await giveUp('redriven');
    const broken = await giveUp('broken');
    await giveUp('dead');
    const { table } = queue;
    const store = queue.stores.documents;
    const listed = await store.query({
      table,
      index: 'byAccount',
      where: 'gsi1pk = :p',
      values: { ':p': 'DEAD#OURS' },
    });
    const { service, transactionId } = redriven;
    await letters().redrive({ transfers: [{ service, transactionId }], deadlineAt: far() });
    await store.update(table, transferKey(broken), 'SET amount = :a', { values: { ':a': 'five' } });
    const consistent: unknown[] = [];
    const behind = letters({
      query: async ({ values }) => (values[':partition'] === 'DEAD#OURS' ? listed : { items: [] }),
      batchGet: async (name, keys, options) => {
        consistent.push(options?.consistent);
        return store.batchGet(name, keys, options);
      },
    });
    expect(await idsOf({}, behind)).toEqual(['dead']);
    expect(consistent).toEqual([true]);
  });
});

describe('a redrive', () => {
  it('takes those that are named, whatever else there is', async () => {
    const [one] = [await giveUp('one'), await giveUp('other')];
    const { service, transactionId } = one;
    const transfers = [
      { service, transactionId },
      { service, transactionId: 'never' },
    ];
    expect(await letters().redrive({ transfers, deadlineAt: far() })).toEqual({
      count: 1,
      redriven: 1,
      more: false,
    });
    expect(await idsOf()).toEqual(['other']);
    const long = [{ service, transactionId: 'x'.repeat(2_000) }];
    await expect(letters().redrive({ transfers: long, deadlineAt: far() })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'transfers', message: 'holds an id that is too long' }],
    });
  });

  it('takes a service’s, and ends when its time is over', async () => {
    await giveUp('a');
    await giveUp('b', 'B');
    const now = queue.clock.at + 10;
    const still = { ...queue.deps(), cursors, clock: { ...queue.clock, now: () => now } };
    const by = createDeadLetters(still);
    expect(await by.redrive({ service: 'B', deadlineAt: now })).toEqual({
      count: 1,
      redriven: 0,
      more: true,
    });
    expect(await by.redrive({ service: 'B', deadlineAt: now + 1 })).toEqual({
      count: 1,
      redriven: 1,
      more: false,
    });
    expect(await idsOf()).toEqual(['a']);
  });

  it('goes on past five hundred, ten writes at a time', async () => {
    const item = await queue.item(await giveUp('template'));
    const { documents } = queue.stores;
    const copies = Array.from({ length: 520 }, (_, n) => ({
      ...item,
      pk: `TX#A#copy-${n}`,
      transactionId: `copy-${n}`,
      gsi1sk: String(item['gsi1sk']).replace('template', `copy-${n}`),
    }));
    for (let at = 0; at < copies.length; at += 40)
      await Promise.all(copies.slice(at, at + 40).map((copy) => documents.put(queue.table, copy)));
    let [open, most] = [0, 0];
    const put: Documents['put'] = async (...args) => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      await documents.put(...args).finally(() => open--);
    };
    const by = letters({ put });
    const all = { cause: 'OURS', deadlineAt: far() + 600_000 } as const;
    expect(await by.redrive({ ...all, dryRun: true })).toEqual({ count: 521, redriven: 0, more: false });
    expect(await by.redrive(all)).toEqual({ count: 521, redriven: 521, more: false });
    expect(most).toBe(10);
  });
});
