import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDeliveries } from '../../../lib/partners/deliveries.ts';
import type { DeliveriesOptions, Delivery, DeliveryQuery } from '../../../lib/partners/deliveries.ts';
import { omitUndefined } from '../../../lib/runtime/omit-undefined.ts';
import type { Item } from '../../../lib/vendors/dynamodb/documents.ts';
import { RecordPosition } from '../../../lib/watch/records/search.ts';
import { altered, cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { unavailable } from '../ledger/troubled-documents.ts';

const T0 = Date.parse('2026-11-21T04:00:00.000Z');
const DAY_MS = 24 * 3_600_000;
const timeOf = (seconds: number) => new Date(T0 + seconds * 1_000).toISOString();

let stores: TestStores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

let warnings: [string, unknown][] = [];
const open = (extra: Partial<DeliveriesOptions> = {}) =>
  createDeliveries({
    documents: stores.documents,
    table: stores.names.tables.records,
    cursors,
    clock: { now: () => T0 + 3_600_000, sleep: () => Promise.resolve() },
    log: { warn: (message, fields) => void warnings.push([message, fields]) },
    services: async () => ['URS', 'SHOP'],
    writeBudgetMs: 20_000,
    ...extra,
  });
const write = (deliveries: Delivery[]) => Promise.all(deliveries.map((each) => open().write(each)));
const ids = async (query: DeliveryQuery, deliveries = open()) =>
  (await deliveries.search(query)).items.map(({ id }) => id);

/** A deposit of the `n`th second. */
const delivery = (n: number, extra: Partial<Delivery> = {}): Delivery => ({
  id: `d${n}`,
  at: timeOf(n),
  service: 'URS',
  action: 'deposit',
  source: '192.0.2.1',
  status: 200,
  verdict: 'accepted',
  durationMs: 12,
  requestId: `r${n}`,
  ...extra,
});

describe('deliveries', () => {
  const full = delivery(5, {
    status: 401,
    verdict: 'rejected',
    code: 'WEBHOOK_REJECTED',
    cause: 'SIGNATURE',
    transactionId: 'tx-5',
    keyVersionId: 'v1',
    payload: '{"userId":7}',
  });
  const written = [
    delivery(0),
    delivery(1, { action: 'withdraw', transactionId: 'tx-1' }),
    delivery(2, { action: 'withdraw', transactionId: 'tx-1', verdict: 'replayed' }),
    delivery(3, { verdict: 'refused', code: 'NOT_FOUND', status: 404, source: '192.0.2.2' }),
    delivery(4, { verdict: 'failed', code: 'INTERNAL', status: 500, requestId: 'r1' }),
    full,
    delivery(6, { verdict: 'rejected', code: 'WEBHOOK_REJECTED', cause: 'EXPIRED', status: 401 }),
    delivery(7, { service: 'SHOP', transactionId: 'tx-1' }),
  ];
  const ofUrs = written.filter(({ service }) => service === 'URS').toReversed();
  beforeAll(() => write(written));

  it('are found as they were written, newest first, of one partner or of all', async () => {
    expect((await open().search({ service: 'URS' })).items).toEqual(ofUrs);
    expect((await open().search({})).items).toEqual(written.toReversed());
    expect(await open({ services: async () => [] }).search({})).toEqual({ items: [] });
    expect(await open().search({ service: 'NOBODY' })).toEqual({ items: [] });
  });

  it.each<[DeliveryQuery, string[]]>([
    [{ action: 'withdraw' }, ['d2', 'd1']],
    [{ verdict: 'refused' }, ['d3']],
    [{ verdict: 'rejected' }, ['d6', 'd5']],
    [{ cause: 'EXPIRED' }, ['d6']],
    [{ code: 'WEBHOOK_REJECTED' }, ['d6', 'd5']],
    [{ source: '192.0.2.2' }, ['d3']],
    [{ requestId: 'r1' }, ['d4', 'd1']],
    [{ code: 'WEBHOOK_REJECTED', cause: 'SIGNATURE' }, ['d5']],
    [{ action: 'withdraw', verdict: 'refused' }, []],
    [{ from: timeOf(2), to: timeOf(4) }, ['d3', 'd2']],
  ])('are searched by %j', async (query, found) => {
    expect(await ids({ service: 'URS', ...query })).toEqual(found);
  });

  it('of one order are found by its id, for each partner its own', async () => {
    expect(await ids({ service: 'URS', transactionId: 'tx-1' })).toEqual(['d2', 'd1']);
    expect(await ids({ service: 'SHOP', transactionId: 'tx-1' })).toEqual(['d7']);
    expect(await ids({ transactionId: 'tx-1' })).toEqual(['d7', 'd2', 'd1']);
    expect(await ids({ transactionId: 'tx-1', verdict: 'replayed' })).toEqual(['d2']);
    expect(await ids({ transactionId: 'tx-5' })).toEqual(['d5']);
    expect(await ids({ transactionId: 'tx' })).toEqual([]);
  });

  it('come page by page, each once', async () => {
    for (const limit of [1, 3, 7]) {
      const found: Delivery[] = [];
      let cursor: string | undefined;
      do {
        const page = await open().search(omitUndefined({ service: 'URS', limit, cursor }));
        expect(page.items.length).toBeLessThanOrEqual(limit);
        found.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(found).toEqual(ofUrs);
    }
    expect(await open().search({ service: 'URS', limit: 7 })).not.toHaveProperty('cursor');
  });

  it('are refused with a cursor of another list or none at all, and with a time that is none', async () => {
    const { cursor } = await open().search({ service: 'URS', limit: 1 });
    const ofCalls = await cursors.of('calls', RecordPosition).write(`${timeOf(5)}#d5`);
    for (const wrong of [...altered(cursor!), ofCalls, '', 'x']) {
      await expect(open().search({ service: 'URS', cursor: wrong })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ field: 'cursor' }],
      });
    }
    await expect(open().search({ service: 'URS', from: 'soon' })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'from' }],
    });
  });
});

describe('a delivery', () => {
  const recordOf = ({ id, at }: Delivery) =>
    stores.documents.get(stores.names.tables.records, { pk: `DELIVERY#${id}`, sk: `${at}#${id}` });

  it('is kept for 30 days: DynamoDB deletes it then, and a search leaves out what it has not yet deleted', async () => {
    const kept = delivery(0.5, { id: 'kept', service: 'KEPT' });
    await write([kept]);
    const endsAt = T0 + 500 + 30 * DAY_MS;
    expect(Number((await recordOf(kept))!['expiresAt'])).toBe((endsAt + 500) / 1_000);
    const searchAt = (now: number, range: DeliveryQuery = {}) =>
      ids({ service: 'KEPT', ...range }, open({ clock: { now: () => now, sleep: () => Promise.resolve() } }));
    expect(await searchAt(endsAt)).toEqual(['kept']);
    expect(await searchAt(endsAt + 1)).toEqual([]);
    expect(await searchAt(endsAt + 500, { from: timeOf(0) })).toEqual([]);
  });

  it('holds no more of a payload than 4 KB, cut between characters', async () => {
    const long = `${'x'.repeat(4_095)}é`;
    await write([
      delivery(0, { id: 'short', service: 'LONG', payload: long.slice(0, 4_095) }),
      delivery(1, { id: 'long', service: 'LONG', payload: `${long}${long}` }),
    ]);
    const { items } = await open().search({ service: 'LONG' });
    expect(items.map(({ payload }) => payload)).toEqual([long.slice(0, 4_095), long.slice(0, 4_095)]);
  });

  it.each<[string, Item]>([
    ['without its time', { at: undefined }],
    ['with a verdict of a later version', { verdict: 'postponed' }],
    ['whose status is no number', { status: 'ok' }],
    ['whose payload is no text', { payload: { userId: 7 } }],
  ])('%s is passed over, and those around it are found', async (how, damage) => {
    const service = `DAMAGED ${how}`;
    const around = [1, 2, 3].map((n) => delivery(n, { id: `${n} ${how}`, service }));
    await write(around);
    const { records: table } = stores.names.tables;
    const stored = await recordOf(around[1]!);
    await stores.documents.put(table, { ...stored, ...damage });
    expect((await open().search({ service })).items).toEqual([around[2], around[0]]);
    // Also where a page would have held nothing else.
    const first = await open().search({ service, limit: 1 });
    const second = await open().search({ service, limit: 1, cursor: first.cursor! });
    const third = await open().search({ service, limit: 1, cursor: second.cursor! });
    expect([first, second, third].flatMap(({ items }) => items)).toEqual([around[2], around[0]]);
  });

  it.each([
    ['fails', () => Promise.reject(unavailable('records')), { code: 'STORE_UNAVAILABLE' }],
    ['hangs', () => new Promise<void>(() => undefined), { name: 'BudgetExceeded' }],
    [
      'is impossible',
      () => {
        throw new TypeError('no');
      },
      { name: 'TypeError' },
    ],
  ])('whose record %s is given up with a warning: the money has moved', async (_how, put, error) => {
    warnings = [];
    const deliveries = open({ documents: { ...stores.documents, put }, writeBudgetMs: 30 });
    await deliveries.write(delivery(1, { id: 'lost', service: 'LOST' }));
    expect(warnings).toMatchObject([['A delivery was not recorded.', { requestId: 'r1', error }]]);
    warnings = [];
    await open().write(delivery(1, { id: 'not lost', service: 'LOST' }));
    expect(warnings).toEqual([]);
    expect(await ids({ service: 'LOST' })).toEqual(['not lost']);
  });
});
