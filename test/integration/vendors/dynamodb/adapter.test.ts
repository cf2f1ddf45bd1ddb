import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { documents as wiredDocuments, ledgerDocuments } from '../../../../functions/wiring/dynamodb.ts';
import { isGatewayError } from '../../../../lib/runtime/errors.ts';

import { connectDocuments } from '../../../../lib/vendors/dynamodb/documents.ts';
import type { Documents, ScanInput, TransactItem } from '../../../../lib/vendors/dynamodb/documents.ts';
import { keptAliveAgent } from '../../../../lib/vendors/kept-alive/agents.ts';
import { queryAll, readPages } from '../../../../lib/vendors/dynamodb/query-items.ts';
import { startDynamoDbWire } from '../../../faults/dynamodb-wire.ts';
import type { DynamoDbWire, DynamoDbWireOptions } from '../../../faults/dynamodb-wire.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';

/** A stall is over within this; without a limit it would never be. */
const BOUND_MS = 10_000;

describe('the DynamoDB adapter at the wire', () => {
  let stores: TestStores;
  let table: string;
  let wire: DynamoDbWire;
  beforeAll(async () => {
    stores = await openStores();
    table = stores.names.tables.users;
  });
  afterAll(() => stores.close());
  beforeEach(() => open());
  afterEach(() => wire.stop());

  async function open(options: Partial<DynamoDbWireOptions> = {}): Promise<void> {
    const upstream = stores.config.endpoints.dynamodb!;
    wire = await startDynamoDbWire({ upstream, stage: stores.stage, ...options });
  }

  async function reopen(options: Partial<DynamoDbWireOptions>): Promise<void> {
    await wire.stop();
    await open(options);
  }

  function connect(options: { maxAttempts?: number; timeoutMs?: number } = {}): Documents {
    return connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint, maxAttempts: 1, ...options });
  }

  const item = (pk: string, n: number) => ({ pk, sk: String(n).padStart(3, '0'), n });
  const putting = (pk: string): TransactItem => ({ Put: { TableName: table, Item: item(pk, 1) } });
  async function fill(pk: string, count: number): Promise<void> {
    for (let n = 0; n < count; n++) await stores.documents.put(table, item(pk, n));
  }

  /** How it was refused, within the bound. */
  function refusalOf(work: Promise<unknown>): Promise<unknown> {
    const hangs = new Promise((resolve) => setTimeout(() => resolve('hangs'), BOUND_MS).unref());
    return Promise.race([
      work.then(
        () => 'answered',
        (error: unknown) => error,
      ),
      hangs,
    ]);
  }

  it.each(['stalled-body', 'silence'] as const)(
    'ends a request whose answer is a %s (M10)',
    async (fault) => {
      wire.meet(fault);
      const refusal = await refusalOf(connect({ timeoutMs: 300 }).get(table, { pk: 'a', sk: 'b' }));
      expect(refusal).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    },
  );

  it('asks again after a body that stalled, on a connection that works (M10)', async () => {
    await stores.documents.put(table, item('stalled', 1));
    wire.meet('stalled-body');
    const documents = connect({ timeoutMs: 300, maxAttempts: 2 });
    expect(await documents.get(table, { pk: 'stalled', sk: '001' })).toMatchObject({ pk: 'stalled' });
    expect(wire.requests.map(({ fault }) => fault)).toEqual(['stalled-body', 'none']);
  });

  it.each(['throttled', 'internal-error', 'lost-request', 'lost-reply', 'reset-answer'] as const)(
    'tells of a request that met %s that the store is unavailable, retryable (T)',
    async (fault) => {
      const documents = connect();
      // Often enough for each of DynamoDB's words for it.
      for (let n = 0; n < 12; n++) {
        wire.meet(fault);
        const refusal = await refusalOf(documents.put(table, item(`refused ${fault}`, n)));
        expect(refusal).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true, retryAfterSeconds: 1 });
      }
      expect(wire.requests).toHaveLength(12);
    },
  );

  it('takes a request that DynamoDB does not understand for a fault of ours, and sends it once (T)', async () => {
    wire.meet('invalid');
    const refusal = await refusalOf(connect({ maxAttempts: 3 }).get(table, { pk: 'a', sk: 'b' }));
    expect(refusal).toMatchObject({ message: expect.stringContaining('refused a request') as string });
    expect(isGatewayError(refusal)).toBe(false);
    expect(wire.requests).toHaveLength(1);
  });

  it('tells contention in a transaction from what will never succeed (M11)', async () => {
    const documents = connect();
    const items = ['x', 'y', 'z'].map(putting);
    for (let n = 0; n < 12; n++) {
      wire.meet('conflict', 'invalid');
      const [contended, invalid] = [
        await refusalOf(documents.transact(items)),
        await refusalOf(documents.transact(items)),
      ];
      expect(contended).toMatchObject({ name: 'TransactionCancelled', fault: undefined });
      expect((contended as { reasons: unknown[] }).reasons).toHaveLength(3);
      expect(invalid).toMatchObject({ name: 'TransactionCancelled', fault: 'ValidationError' });
    }
  });

  it('reads every key of a batch of which DynamoDB does only a part at a time (T)', async () => {
    await reopen({ unprocessed: 1 });
    await fill('batch', 130);
    const keys = Array.from({ length: 130 }, (_, n) => ({ pk: 'batch', sk: item('batch', n).sk }));
    const found = await connect().batchGet(table, keys, { consistent: true });
    expect(found.map(({ sk }) => String(sk)).sort()).toEqual(keys.map(({ sk }) => sk));
    expect(wire.requests.length).toBeGreaterThan(2);
  });

  it('reads a list to its end, whatever the length of its pages (T)', async () => {
    await reopen({ pageSize: 3 });
    await fill('pages', 25);
    const documents = connect();
    const query = { table, where: 'pk = :pk', values: { ':pk': 'pages' } };
    expect(await queryAll(documents, query)).toHaveLength(25);
    let scanned = 0;
    const scan = { table, filter: 'pk = :pk', values: query.values };
    for await (const items of readPages((input: ScanInput) => documents.scan(input), scan))
      scanned += items.length;
    expect(scanned).toBe(25);
    expect(wire.requests.length).toBeGreaterThan(16);
  });

  it('reads the latest where that is asked for, and some state of the item elsewhere (T)', async () => {
    await reopen({ staleWrites: 4 });
    const documents = connect();
    const key = { pk: 'stale', sk: '1' };
    let behind = 0;
    for (let n = 1; n <= 30; n++) {
      await documents.put(table, { ...key, n });
      expect(await documents.get(table, key, { consistent: true })).toMatchObject({
        n: { value: String(n) },
      });
      expect(await documents.batchGet(table, [key], { consistent: true })).toMatchObject([
        { n: { value: String(n) } },
      ]);
      const seen = (await documents.get(table, key))?.['n'] as { value: string } | undefined;
      behind += Number(seen?.value) === n ? 0 : 1;
    }
    expect(behind).toBeGreaterThan(5);
  });

  it('asks three times before it gives up, the ledger once: it keeps count of what it has sent (T)', async () => {
    Object.assign(process.env, stores.env, { AWS_ENDPOINT_URL_DYNAMODB: wire.endpoint });
    wire.meet('internal-error', 'internal-error', 'internal-error');
    await refusalOf(wiredDocuments().get(table, { pk: 'a', sk: 'b' }));
    expect(wire.requests).toHaveLength(3);
    wire.meet('internal-error');
    expect(await refusalOf(ledgerDocuments().get(table, { pk: 'a', sk: 'b' }))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(wire.requests).toHaveLength(4);
    // One after the other they need one connection (W11).
    expect(wire.sockets()).toBe(1);
  });

  it('finds its own write when the reply to it was lost', async () => {
    wire.meet('lost-reply');
    const refusal = await refusalOf(
      connect({ maxAttempts: 2 }).put(table, item('own', 1), { condition: 'attribute_not_exists(pk)' }),
    );
    expect(refusal).toMatchObject({ name: 'ConditionFailed', item: { pk: 'own' } });
  });

  it('shares connections between clients that are given the same (W11)', async () => {
    const agent = keptAliveAgent(wire.endpoint);
    const [one, other] = [3, 1].map((maxAttempts) =>
      connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint, maxAttempts, agent }),
    );
    for (let n = 0; n < 3; n++) {
      await one!.put(table, item('shared', n));
      await other!.get(table, { pk: 'shared', sk: '000' });
    }
    expect(wire.sockets()).toBe(1);
  });
});
