import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCheckpoints } from '../../../dev/stores/stream-checkpoints.ts';
import { createStreamPoller } from '../../../dev/stores/stream-poller.ts';
import type { StreamFailure, StreamPollerOptions } from '../../../dev/stores/stream-poller.ts';
import type { StreamRecord } from '../../../dev/stores/stream-reader.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

let stores: TestStores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const put = (pk: string, fields: object = {}) =>
  stores.documents.put(stores.names.tables.ledger, { pk, sk: 's', ...fields });
const pkOf = ({ dynamodb: { Keys } }: StreamRecord) => (Keys['pk'] as { S: string }).S;

/** A poller on the ledger that notes its batches, its failures and its pauses. */
function observe(options: Partial<StreamPollerOptions> & { failsOn?: (pk: string) => boolean } = {}) {
  const batches: string[][] = [];
  const failures: StreamFailure[] = [];
  const pauses: number[] = [];
  const clock: Clock = { now: () => 0, sleep: async (ms) => void pauses.push(ms) };
  const { failsOn = () => false, ...rest } = options;
  const poller = createStreamPoller({
    target: {
      endpoint: stores.config.endpoints.dynamodb!,
      region: stores.config.region,
      accessKeyId: 'local',
    },
    table: stores.names.tables.ledger,
    checkpoints: createCheckpoints(),
    clock,
    invoke: async ({ Records }) => {
      batches.push(Records.map(pkOf));
      if (Records.some((record) => failsOn(pkOf(record)))) throw new Error('refused');
    },
    onFailure: async (failure) => void failures.push(failure),
    ...rest,
  });
  return { poller, batches, failures, pauses };
}

test('records come in batches and in order, once; a write that changed nothing does not', async () => {
  for (const pk of ['a', 'b', 'c']) await put(pk);
  await put('b');
  await put('b', { changed: true });
  const { poller, batches } = observe({ batchSize: 2 });
  await poller.drain();
  expect(batches).toEqual([['a', 'b'], ['c'], ['b']]);
  await poller.drain();
  expect(batches).toHaveLength(3);
});

test('a record is as Lambda gets it', async () => {
  await put('a', { status: 'PENDING' });
  let seen: StreamRecord | undefined;
  const { poller } = observe({ invoke: async ({ Records }) => void (seen = Records[0]) });
  await poller.drain();
  expect(seen).toMatchObject({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    eventSourceARN: expect.stringContaining('/stream/') as string,
    dynamodb: { Keys: { pk: { S: 'a' } }, NewImage: { status: { S: 'PENDING' } } },
  });
});

test('only what a filter matches reaches the function', async () => {
  await put('a', { status: 'PENDING' });
  await put('b', { status: 'SETTLED' });
  await put('c', { status: 'PENDING' });
  const { poller, batches } = observe({
    filters: [{ dynamodb: { NewImage: { status: { S: ['PENDING'] } } } }],
  });
  await poller.drain();
  expect(batches).toEqual([['a', 'c']]);
});

test('a batch that fails is halved until the culprit is alone; that one is retried, reported, and passed', async () => {
  for (const pk of ['a', 'b', 'bad', 'd']) await put(pk);
  const { poller, batches, failures, pauses } = observe({
    failsOn: (pk) => pk === 'bad',
    maximumRetryAttempts: 2,
  });
  await poller.drain();
  expect(batches).toEqual([
    ['a', 'b', 'bad', 'd'],
    ['a', 'b'],
    ['bad', 'd'],
    ['bad'],
    ['bad'],
    ['bad'],
    ['d'],
  ]);
  expect(pauses).toEqual([200, 400]);
  expect(failures).toMatchObject([
    {
      requestContext: { approximateInvokeCount: 3 },
      DDBStreamBatchInfo: { batchSize: 1, startSequenceNumber: '3' },
    },
  ]);
});

test('without bisection the batch is retried and reported as a whole', async () => {
  for (const pk of ['a', 'bad']) await put(pk);
  const { poller, batches, failures } = observe({
    failsOn: (pk) => pk === 'bad',
    maximumRetryAttempts: 1,
    bisectBatchOnFunctionError: false,
  });
  await poller.drain();
  expect(batches).toEqual([
    ['a', 'bad'],
    ['a', 'bad'],
  ]);
  expect(failures).toMatchObject([{ DDBStreamBatchInfo: { batchSize: 2 } }]);
});

test('batchItemFailures: it goes on from the first that failed', async () => {
  for (const pk of ['a', 'b', 'c']) await put(pk);
  const batches: string[][] = [];
  const { poller, failures } = observe({
    bisectBatchOnFunctionError: false,
    invoke: async ({ Records }) => {
      batches.push(Records.map(pkOf));
      const failed = batches.length === 1 ? Records.slice(1, 2) : [];
      return {
        batchItemFailures: failed.map(({ dynamodb }) => ({ itemIdentifier: dynamodb.SequenceNumber })),
      };
    },
  });
  await poller.drain();
  expect(batches).toEqual([
    ['a', 'b', 'c'],
    ['b', 'c'],
  ]);
  expect(failures).toEqual([]);
});

test('what could not be reported is not passed over', async () => {
  await put('bad');
  await put('good');
  let sinkDown = true;
  const { poller, batches } = observe({
    failsOn: (pk) => pk === 'bad',
    batchSize: 1,
    maximumRetryAttempts: 0,
    onFailure: async () => {
      if (sinkDown) throw new Error('down');
    },
  });
  await expect(poller.drain()).rejects.toThrow('down');
  sinkDown = false;
  await poller.drain();
  expect(batches).toEqual([['bad'], ['bad'], ['good']]);
});

test('a successor goes on where the last one stopped, and a damaged checkpoint repeats rather than loses', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stream-'));
  const file = join(folder, 'ledger.json');
  await put('a');
  await observe({ checkpoints: createCheckpoints(file) }).poller.drain();
  await put('b');
  const second = observe({ checkpoints: createCheckpoints(file) });
  await second.poller.drain();
  expect(second.batches).toEqual([['b']]);

  await rm(file);
  const third = observe({ checkpoints: createCheckpoints(file) });
  await third.poller.drain();
  expect(third.batches).toEqual([['a', 'b']]);
  await rm(folder, { recursive: true });
});

test('it polls until it is stopped', async () => {
  const { promise, resolve } = Promise.withResolvers<StreamRecord>();
  const pause = () => new Promise<void>((done) => setImmediate(done));
  const { poller } = observe({
    clock: { now: () => 0, sleep: pause },
    invoke: async ({ Records }) => resolve(Records[0]!),
  });
  poller.start();
  await put('late');
  expect(pkOf(await promise)).toBe('late');
  await poller.stop();
});
