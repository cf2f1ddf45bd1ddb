/** How calls are recorded, at the wire below the adapter: how many requests, and what becomes of which fault. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { CallLog, CallRecord } from '../../../lib/calls/log/call-log.ts';
import { createCallLog } from '../../../lib/calls/log/create-call-log.ts';
import { requestIdOf } from '../../../lib/runtime/request-id.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import type { DynamoDbWire, DynamoDbWireOptions } from '../../faults/dynamodb-wire.ts';
import type { FaultRates } from '../../faults/faults.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

const NOW = Date.parse('2026-11-21T04:00:00Z');

let stores: TestStores;
let wire: DynamoDbWire;
let warnings: { message: string; fields: Record<string, unknown> | undefined }[];
beforeAll(async () => {
  stores = await openStores();
});
afterEach(() => wire.stop());
afterAll(() => stores.close());

async function open({
  writeBudgetMs = 20_000,
  ...options
}: Partial<DynamoDbWireOptions> & { writeBudgetMs?: number } = {}) {
  wire = await startDynamoDbWire({
    upstream: stores.config.endpoints.dynamodb!,
    stage: stores.stage,
    ...options,
  });
  warnings = [];
  return createCallLog({
    documents: connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint }),
    table: stores.names.tables.records,
    cursors,
    clock: { now: () => NOW, sleep: () => Promise.resolve() },
    log: { warn: (message, fields) => void warnings.push({ message, fields }) },
    writeBudgetMs,
  });
}

let services = 0;
/** So many calls of a service of their own. */
function callsOf(count: number): CallRecord[] {
  const service = `WRITES_${(services += 1)}`;
  return Array.from({ length: count }, (_, n) => ({
    id: `id${String(n).padStart(3, '0')}`,
    at: new Date(NOW - n).toISOString(),
    service,
    method: 'GET',
    path: '/things',
    status: 200,
    durationMs: n,
    attempts: 1,
    requestId: requestIdOf(NOW, `${service}-${n}`),
    caller: 'key',
    cached: false,
    stale: false,
  }));
}

/** What is stored of them, as they were given. */
async function kept(log: CallLog, [first]: CallRecord[]): Promise<CallRecord[]> {
  return (await log.search({ service: first!.service, limit: 500 })).items;
}

const writes = () => wire.requests.map(({ action }) => action);

it('a call by itself is one write, at once (W11)', async () => {
  const log = await open();
  const calls = callsOf(3);
  for (const call of calls) await log.write(call);
  expect(writes()).toEqual(Array.from({ length: 3 }, () => 'BatchWriteItem'));
  expect(await kept(log, calls)).toEqual(calls);
});

it('64 calls that end together are four writes (W11)', async () => {
  const log = await open();
  const calls = callsOf(64);
  await Promise.all(calls.map((call) => log.write(call)));
  // The first by itself; then as many as there is room for.
  expect(writes()).toEqual(Array.from({ length: 4 }, () => 'BatchWriteItem'));
  expect(await kept(log, calls)).toEqual(calls);
});

it.each([
  'throttled',
  'internal-error',
  'lost-request',
  'lost-reply',
  'reset-answer',
  'late-request',
] as const)('calls whose write met %s are written again (W11)', async (fault) => {
  const log = await open();
  const calls = callsOf(30);
  wire.meet(fault, 'none', fault, fault);
  await Promise.all(calls.map((call) => log.write(call)));
  await wire.deliverLate();
  expect(await kept(log, calls)).toEqual(calls);
  expect(warnings).toEqual([]);
});

it('what DynamoDB did not take of a batch is written again (W11)', async () => {
  const log = await open({ unprocessed: 1 });
  const calls = callsOf(60);
  await Promise.all(calls.map((call) => log.write(call)));
  expect(writes().length).toBeGreaterThan(4);
  expect(await kept(log, calls)).toEqual(calls);
  expect(warnings).toEqual([]);
});

it('a record that DynamoDB refuses is lost alone (W11)', async () => {
  const log = await open();
  const calls = callsOf(20);
  // Longer than a key may be.
  const bad = { ...calls[7]!, service: 'X'.repeat(3_000), requestId: 'bad' };
  // Two of one key: DynamoDB takes no such batch.
  const twice = [calls[3]!, ...calls];
  await Promise.all([...twice, bad].map((call) => log.write(call)));
  expect(warnings.map(({ fields }) => fields?.['requestId'])).toEqual(['bad']);
  expect(await kept(log, calls)).toEqual(calls);
});

it('each call waits for a store that hangs for its own time only, and is forgotten then (W11)', async () => {
  const rates: FaultRates = { 'black-hole': 1 };
  const log = await open({ writeBudgetMs: 1_000, rates });
  const [lost, next] = [callsOf(40), callsOf(3)];
  const startedAt = performance.now();
  await Promise.all(lost.map((call) => log.write(call)));
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(warnings.map(({ message }) => message)).toEqual(lost.map(() => 'A call was not recorded.'));
  // One at a time: the store is not pressed while it is down.
  expect(writes().length).toBeLessThan(lost.length / 4);

  delete rates['black-hole'];
  await Promise.all(next.map((call) => log.write(call)));
  expect(await kept(log, next)).toEqual(next);
  expect(await kept(log, lost)).toEqual([]);
});

it('a role that may not write is asked once per batch: nobody waits for it in vain (W11)', async () => {
  const log = await open({ grantsOf: () => ({ name: 'proxy', grants: new Set() }) });
  await Promise.all(callsOf(20).map((call) => log.write(call)));
  expect([writes().length, warnings.length]).toEqual([2, 20]);
  await expect(wire.stop()).rejects.toThrow('dynamodb:BatchWriteItem');
  await open();
});
