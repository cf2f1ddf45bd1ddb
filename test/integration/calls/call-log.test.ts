import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toItem } from '../../../lib/calls/log/call-item.ts';
import type { CallQuery, CallRecord } from '../../../lib/calls/log/call-log.ts';
import { createCallLog } from '../../../lib/calls/log/create-call-log.ts';
import type { CallLogOptions } from '../../../lib/calls/log/create-call-log.ts';
import { emfLine } from '../../../lib/vendors/log/emf.ts';
import { omitUndefined } from '../../../lib/runtime/omit-undefined.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { requestIdOf } from '../../../lib/runtime/request-id.ts';
import { cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

const T0 = Date.parse('2026-11-21T04:00:00Z');
const BATCH = requestIdOf(T0 + 5_000, 'req-batch');

function call(n: number, extra: Partial<CallRecord> = {}): CallRecord {
  return {
    id: `id${String(n).padStart(6, '0')}`,
    at: new Date(T0 + n * 1_000).toISOString(),
    service: 'ORDERS',
    operation: n % 2 === 0 ? 'getOrder' : 'submitOrder',
    method: 'POST',
    path: `/api/order/${n}`,
    status: n % 10 === 0 ? 503 : 200,
    durationMs: n,
    attempts: 1 + (n % 3),
    requestId: requestIdOf(T0 + n * 1_000, `req-${n}`),
    caller: n % 4 === 0 ? 'key_a' : 'key_b',
    cached: false,
    stale: false,
    ...(n % 10 === 0 ? { code: 'PLATFORM_UNAVAILABLE' } : {}),
    ...extra,
  };
}

describe('the call log', () => {
  let stores: TestStores;
  const warnings: string[] = [];
  const open = (extra: Partial<CallLogOptions> = {}) =>
    createCallLog({
      documents: stores.documents,
      table: stores.names.tables.records,
      cursors,
      clock: { now: () => T0 + 3_600_000, sleep: () => Promise.resolve() },
      log: { warn: (message) => void warnings.push(message) },
      writeBudgetMs: 20_000,
      ...extra,
    });
  const written = Array.from({ length: 120 }, (_, n) => call(n));

  beforeAll(async () => {
    stores = await openStores();
    const log = open();
    await Promise.all(written.map((record) => log.write(record)));
    await log.write(call(5, { id: 'other1', service: 'USERS', requestId: BATCH }));
    await log.write(call(7, { id: 'other2', service: 'ORDERS2', requestId: BATCH }));
  });
  afterAll(() => stores.close());

  const services = () => Promise.resolve(['ORDERS', 'ORDERS2', 'USERS']);
  const newestFirst = (records: CallRecord[]) => records.toReversed();

  async function everything(query: CallQuery) {
    const log = open();
    const pages: CallRecord[][] = [];
    let cursor: string | undefined;
    do {
      const page = await log.search({ ...query, ...(cursor === undefined ? {} : { cursor }) });
      pages.push(page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return pages;
  }

  it('gives back what was written, newest first, page by page', async () => {
    const all = newestFirst(written);
    for (const limit of [1, 7, 50, 120, 500]) {
      const pages = await everything({ service: 'ORDERS', limit });
      expect(pages.flat()).toEqual(all);
      expect(Math.max(...pages.map((page) => page.length))).toBe(Math.min(limit, 120));
    }
  });

  it.each<[string, CallQuery, (c: CallRecord) => boolean]>([
    ['operation', { operation: 'getOrder' }, (c) => c.operation === 'getOrder'],
    ['path', { path: '/api/order/1' }, (c) => c.path.startsWith('/api/order/1')],
    ['status', { status: 503 }, (c) => c.status === 503],
    ['code', { code: 'PLATFORM_UNAVAILABLE' }, (c) => c.code === 'PLATFORM_UNAVAILABLE'],
    ['caller', { caller: 'key_a' }, (c) => c.caller === 'key_a'],
    ['duration', { minDurationMs: 100 }, (c) => c.durationMs >= 100],
    ['attempts', { attempts: 3 }, (c) => c.attempts === 3],
    [
      'time',
      { from: '2026-11-21T04:00:30Z', to: '2026-11-21T12:00:59.000+08:00' },
      (c) => c.durationMs >= 30 && c.durationMs < 59,
    ],
    ['several', { status: 503, caller: 'key_a', limit: 2 }, (c) => c.status === 503 && c.caller === 'key_a'],
    ['nothing', { operation: 'none' }, () => false],
  ])('searches by %s', async (_, query, matches) => {
    const found = (await everything({ service: 'ORDERS', limit: 20, ...query })).flat();
    expect(found).toEqual(newestFirst(written).filter(matches));
  });

  it('finds a request, in whatever services it called', async () => {
    const log = open({ services });
    const { requestId } = written[17]!;
    expect((await log.search({ requestId })).items).toEqual([written[17]]);
    const batch = await log.search({ requestId: BATCH });
    expect(batch.items.map(({ service }) => service)).toEqual(['ORDERS2', 'USERS']);
    expect((await log.search({ requestId: BATCH, service: 'USERS' })).items).toHaveLength(1);
    expect(await log.search({ requestId: requestIdOf(T0 + 5_000, 'none') })).toEqual({ items: [] });
    expect(await log.search({ requestId, from: '2026-11-21T05:00:00Z' })).toEqual({ items: [] });
  });

  it('reads all services when none is named', async () => {
    const log = open({ services });
    const { items } = await log.search({ limit: 500 });
    expect(items).toHaveLength(122);
    expect(items.map(({ at }) => at)).toEqual(
      items
        .map(({ at }) => at)
        .sort()
        .toReversed(),
    );
    await expect(open().search({})).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('hides what is past its 30 days though DynamoDB still has it', async () => {
    const late = open({
      clock: { now: () => T0 + 30 * 86_400_000 + 60_000, sleep: () => Promise.resolve() },
    });
    const { items } = await late.search({ service: 'ORDERS', from: '2026-11-01T00:00:00Z', limit: 500 });
    expect(items).toEqual(newestFirst(written).slice(0, 59));
  });

  it.each([
    '',
    'x',
    '!!!',
    Buffer.from('2026').toString('base64url'),
    Buffer.from('z#é').toString('base64url'),
    // The right content, without a signature.
    Buffer.from('2026-11-21T04:00:00.000Z#x').toString('base64url'),
  ])('refuses the cursor %j', async (cursor) => {
    await expect(open().search({ service: 'ORDERS', cursor })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'cursor' }],
    });
  });

  it('takes a stretch the wrong way round for an empty one, and no word for a time', async () => {
    const upsideDown = { service: 'ORDERS', from: '2026-11-21T05:00:00Z', to: '2026-11-21T04:00:00Z' };
    expect(await open().search(upsideDown)).toEqual({ items: [] });
    await expect(open().search({ service: 'ORDERS', from: 'yesterday' })).rejects.toMatchObject({
      fields: [{ field: 'from' }],
    });
  });

  it('keeps 4 KB of request and response, cut between characters', async () => {
    const log = open();
    const record = call(1, {
      id: 'long',
      service: 'LONG',
      request: 'x'.repeat(4_096),
      response: `${'x'.repeat(4_095)}工单`,
    });
    await log.write(record);
    const { items } = await log.search({ service: 'LONG' });
    expect(items[0]?.request).toBe(record.request);
    expect(items[0]?.response).toBe('x'.repeat(4_095));
  });

  it('skips a row that is none of its own', async () => {
    const log = open();
    await log.write(call(1, { id: 'fine', service: 'MIXED' }));
    await stores.documents.put(stores.names.tables.records, {
      pk: 'CALLS#MIXED#0',
      sk: '2026-11-21T04:00:02.000Z#broken',
      expiresAt: 4_000_000_000,
      status: 'melted',
    });
    expect((await log.search({ service: 'MIXED' })).items.map(({ id }) => id)).toEqual(['fine']);
  });

  it('D3: shows what a newer version wrote, without what this one does not know', async () => {
    const record = call(4, { id: 'newer', service: 'NEWER' });
    const item = { ...toItem(record), session: 'borrowed', region: 'north' };
    await stores.documents.put(stores.names.tables.records, item);
    expect((await open().search({ service: 'NEWER' })).items).toEqual([record]);
  });

  it('finds a request whose id does not tell when it came', async () => {
    const record = call(3, { id: 'foreign', service: 'FOREIGN', requestId: 'JKJaXmPLvHcES06=' });
    await open().write(record);
    const found = await open().search({ service: 'FOREIGN', requestId: record.requestId });
    expect(found.items).toEqual([record]);
  });

  it('W11: an ordinary call costs one write unit, index included', async () => {
    const { region, endpoints } = stores.config;
    const client = DynamoDBDocumentClient.from(
      new DynamoDBClient(omitUndefined({ region, endpoint: endpoints.dynamodb })),
      { marshallOptions: { removeUndefinedValues: true } },
    );
    const ordinary = call(1, {
      id: systemRandom.id(T0),
      service: 'CITY_CENTER_WORK_ORDER',
      operation: 'getUserInfo',
      path: '/api/user/10002',
      upstreamStatus: 200,
      requestId: requestIdOf(T0, 'JKJaXmPLvHcES06='),
      caller: systemRandom.id(T0),
      session: 'reused',
      request: JSON.stringify({ params: { userId: '10002', since: '2026-11-01', page: 1 } }),
      response: JSON.stringify({ user: { id: 10002, name: '张三', phone: '***' }, orders: 'x'.repeat(300) }),
    });
    const { ConsumedCapacity: consumed } = await client.send(
      new PutCommand({
        TableName: stores.names.tables.records,
        Item: toItem(ordinary),
        ReturnConsumedCapacity: 'INDEXES',
      }),
    );
    expect(consumed).toMatchObject({ CapacityUnits: 1 });
    expect(consumed?.GlobalSecondaryIndexes ?? {}).toEqual({});
    client.destroy();
  });

  it('makes one write and one metric line per call, and throws for nothing', async () => {
    const lines: string[] = [];
    let puts = 0;
    const batchPut = () => Promise.reject(new Error(`down ${++puts}`));
    const documents = { ...stores.documents, batchPut };
    warnings.length = 0;
    await open({ documents, emit: (line) => void lines.push(emfLine(line)) }).write(call(1));
    const never = { ...stores.documents, batchPut: () => new Promise<never>(() => {}) };
    await open({ documents: never, writeBudgetMs: 5 }).write(call(1));
    await open({
      emit: () => {
        throw new Error('stdout is gone');
      },
    }).write(call(1, { service: 'ELSEWHERE' }));

    expect(puts).toBe(1);
    expect(lines).toHaveLength(1);
    expect(warnings).toEqual(Array.from({ length: 3 }, () => 'A call was not recorded.'));
  });
});
