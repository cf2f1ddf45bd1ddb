/** `settle` and what `monitor` does for it, on the real store, with events as the stream and the schedule bring them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pendingTransfers } from '../../../functions/monitor/pending-transfers.ts';
import { runMonitor } from '../../../functions/monitor/monitor.ts';
import { runSettle } from '../../../functions/settle/settle.ts';
import type { SettleDeps } from '../../../functions/settle/settle.ts';
import { createStreamPoller } from '../../../dev/stores/stream-poller.ts';
import { createCheckpoints } from '../../../dev/stores/stream-checkpoints.ts';
import type { StreamRecord } from '../../../dev/stores/stream-reader.ts';
import { transferKey } from '../../../lib/ledger/keys.ts';
import type { Ledger, PostInput } from '../../../lib/ledger/ledger.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { emfLine } from '../../../lib/vendors/log/emf.ts';
import type { Alert } from '../../../lib/watch/alerts/alerts.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { balanceOf, deposit, openLedger, tickingClock, withdrawal } from './books.ts';

describe('the function settle', () => {
  let stores: TestStores;
  let ledger: Ledger;
  let clock: ReturnType<typeof tickingClock>;
  let deps: SettleDeps;
  let invoked: number;
  let firing: Alert[];
  let resolved: string[];
  let logged: unknown[][];
  let table: string;
  beforeAll(async () => {
    stores = await openStores();
    table = stores.names.tables.ledger;
  });
  afterAll(() => stores.close());
  beforeEach(() => {
    clock = tickingClock();
    invoked = 0;
    firing = [];
    resolved = [];
    logged = [];
    ledger = openLedger(stores, { clock });
    deps = {
      documents: stores.documents,
      table,
      clock,
      random: systemRandom,
      alerts: {
        raise: async () => undefined,
        resolve: async (kind, subject) => void resolved.push(`${kind} ${subject}`),
      },
      log: { error: (...line) => void logged.push(line) },
      invokeLater: async () => void invoked++,
    };
  });

  const later = () => ({ at: clock.at + 60_000 });
  const queued = async (order: PostInput) => ledger.post({ ...order, settlement: 'QUEUED' });

  /** What the stream has, all of it, as Lambda hands it over. */
  async function records(): Promise<StreamRecord[]> {
    const found: StreamRecord[] = [];
    const { dynamodb: endpoint } = stores.config.endpoints;
    const poller = createStreamPoller({
      target: { endpoint: endpoint!, region: 'us-east-1', accessKeyId: 'local' },
      table,
      clock: systemClock,
      checkpoints: createCheckpoints(),
      invoke: async ({ Records }) => void found.push(...Records),
      onFailure: async () => undefined,
    });
    await poller.drain();
    return found;
  }
  const of = (all: StreamRecord[], { transactionId }: PostInput) =>
    all.filter(({ dynamodb }) => JSON.stringify(dynamodb.Keys).includes(`#${transactionId}"`));

  it('settles what the stream says has become pending, and again without effect', async () => {
    const order = deposit(1, '5');
    await queued(order);
    const batch = { Records: of(await records(), order) };
    expect(await runSettle(batch, later(), deps)).toEqual({ batchItemFailures: [], tally: { SETTLED: 1 } });
    expect(await runSettle(batch, later(), deps)).toEqual({ batchItemFailures: [], tally: { gone: 1 } });
    expect(await balanceOf(ledger, 'user:1')).toBe('5');
    // What it has written itself is in the stream too, and is nothing to settle.
    const written = { Records: of(await records(), order).slice(1) };
    expect(await runSettle(written, later(), deps)).toEqual({ batchItemFailures: [], tally: {} });
  });

  it('takes up what was refused and is delivered again, and passes over what is only put off', async () => {
    const order = withdrawal(2, '5');
    await queued(order);
    await runSettle({ Records: of(await records(), order) }, later(), deps);
    await ledger.post(deposit(2, '5'));
    await queued(order);
    const failing: Documents = {
      ...stores.documents,
      transact: () => Promise.reject(new GatewayError('INTERNAL', 'broken')),
    };
    const again = of(await records(), order).slice(-1);
    const putOff = await runSettle({ Records: again }, later(), { ...deps, documents: failing });
    expect([putOff.tally, invoked]).toEqual([{ putOff: 1 }, 1]);
    const change = of(await records(), order).slice(-1);
    expect(change[0]?.eventName).toBe('MODIFY');
    expect((await runSettle({ Records: change }, later(), deps)).tally).toEqual({});
    // Invoked: what becomes due while there is time.
    expect((await runSettle({}, later(), deps)).tally).toEqual({ SETTLED: 1 });
    expect(await balanceOf(ledger, 'user:2')).toBe('0');
  });

  it('reports the record of what it could not even put off, and no other', async () => {
    const [good, bad] = [deposit(3, '5'), deposit(4, '5')];
    await queued(good);
    await queued(bad);
    const all = await records();
    const isBad = (input: unknown) => JSON.stringify(input, plain).includes(bad.transactionId);
    const away = new GatewayError('STORE_UNAVAILABLE', 'away');
    const failing: Documents = {
      ...stores.documents,
      transact: (items) => (isBad(items) ? Promise.reject(away) : stores.documents.transact(items)),
      put: (...args) => (isBad(args) ? Promise.reject(away) : stores.documents.put(...args)),
    };
    const batch = [...of(all, good), ...of(all, bad)];
    const { batchItemFailures } = await runSettle({ Records: batch }, later(), {
      ...deps,
      documents: failing,
    });
    const { SequenceNumber } = of(all, bad)[0]!.dynamodb;
    expect(batchItemFailures).toEqual([{ itemIdentifier: SequenceNumber }]);
    const { service, transactionId } = bad;
    expect(logged).toEqual([
      ['What became of a transfer could not be written.', { service, transactionId, error: away }],
    ]);
    expect(await balanceOf(ledger, 'user:3')).toBe('5');
    expect((await runSettle({ Records: of(all, bad) }, later(), deps)).tally).toEqual({ SETTLED: 1 });
  });

  it('is invoked by the monitor for what is due, however it was lost', async () => {
    const emitted: string[] = [];
    const store = { list: async () => ({ items: firing }) };
    const task = () =>
      runMonitor(
        [
          pendingTransfers({
            ...deps,
            alertStore: store,
            invokeSettle: async () => void invoked++,
            emit: (line) => void emitted.push(emfLine(line)),
          }),
        ],
        { requestId: 'r', deadline: later() },
        deps.log,
      );
    expect(await task()).toEqual({ ran: ['pending-transfers'] });
    expect(invoked).toBe(0);
    expect(JSON.parse(emitted[0]!)).toMatchObject({ function: 'monitor', oldestPending: 0 });
    const order = deposit(5, '5');
    await queued(order);
    clock.at += 90_000;
    await task();
    expect(invoked).toBe(1);
    const { oldestPending } = JSON.parse(emitted[1]!) as { oldestPending: number };
    expect(oldestPending).toBeGreaterThanOrEqual(90_000);
    await runSettle({}, later(), deps);
    expect(await balanceOf(ledger, 'user:5')).toBe('5');
  });

  it('has the alert of a service end once it has no dead letter any more', async () => {
    const order = deposit(6, '5');
    await queued(order);
    const row = (await stores.documents.get(table, transferKey(order)))!;
    const dead = { cause: 'OURS', code: 'INTERNAL', detail: 'broken' };
    await stores.documents.put(table, { ...row, status: 'DEAD', dead, gsi1pk: 'DEAD#OURS' });
    firing = [order.service, 'MENDED'].map((subject) => ({ kind: 'TRANSFER_DEAD', subject }) as Alert);
    firing.push({ kind: 'LOGIN_LOCKED', subject: 'MENDED' } as Alert);
    const store = { list: async () => ({ items: firing }) };
    const invokeSettle = async () => undefined;
    const task = pendingTransfers({ ...deps, alertStore: store, invokeSettle, emit: () => undefined });
    await runMonitor([task], { requestId: 'r', deadline: later() }, deps.log);
    expect(resolved).toEqual(['TRANSFER_DEAD MENDED']);
  });

  it('lets no task of the monitor keep another from running, and counts such a run as failed', async () => {
    const done: string[] = [];
    const error = new Error('no');
    const run = runMonitor(
      [
        { name: 'broken', run: () => Promise.reject(error) },
        { name: 'good', run: async () => void done.push('good') },
      ],
      { requestId: 'r', deadline: later() },
      deps.log,
    );
    await expect(run).rejects.toThrow('Failed: broken.');
    expect(done).toEqual(['good']);
    expect(logged).toEqual([['A task of the monitor failed.', { task: 'broken', error }]]);
  });
});

/** Amounts are objects of the SDK. */
const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
