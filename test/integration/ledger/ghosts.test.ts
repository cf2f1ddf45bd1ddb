import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import type { PostInput } from '../../../lib/ledger/ledger.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { balanceOf, deposit, expectBalanced, openLedger, tickingClock, withdrawal } from './books.ts';
import { startHoldingRelay } from './holding-relay.ts';
import type { HeldRequest, HoldingRelay } from './holding-relay.ts';
import { counted } from './troubled-documents.ts';

const REFUSED = { code: 'INSUFFICIENT_FUNDS' };

describe('a request that its post has given up on (M3)', () => {
  let stores: TestStores;
  let relay: HoldingRelay;
  beforeAll(async () => {
    stores = await openStores();
    relay = await startHoldingRelay(stores.config.endpoints.dynamodb!);
  });
  afterAll(async () => {
    await relay.close();
    await stores.close();
  });

  /** A delivery whose transaction hangs on the wire, after `skip` others of it, until its sender has been told "unknown". */
  async function givenUp(order: PostInput, skip = 0): Promise<HeldRequest> {
    const held = relay.holdNext('TransactWriteItems', skip);
    const { endpoint } = relay;
    const { region } = stores.config;
    const documents = connectDocuments({ endpoint, region, maxAttempts: 1, timeoutMs: 300 });
    // Its deadline is over as soon as the request hangs.
    const clock = tickingClock();
    void held.then(() => (clock.at += 60_000));
    const post = openLedger(stores, { documents, clock }).post(order);
    await expect(post).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    return held;
  }

  const cancelled = { status: 400, body: expect.stringContaining('TransactionCanceled') as string };

  it('does not settle once another delivery was told that the order is refused', async () => {
    const ledger = openLedger(stores);
    const order = withdrawal(1, '6', 'before any refusal');
    await ledger.post(deposit(1, '4'));
    const ghost = await givenUp(order);
    await expect(ledger.post(order)).rejects.toMatchObject(REFUSED);
    await ledger.post(deposit(1, '6'));
    expect(await ghost.release()).toMatchObject(cancelled);
    expect(await balanceOf(ledger, 'user:1')).toBe('10');
    expect(await ledger.transfer(order)).toMatchObject({ status: 'REJECTED' });

    // The order itself is as good as ever.
    expect(await ledger.post(order)).toMatchObject({ replayed: false, transfer: { status: 'SETTLED' } });
    expect(await balanceOf(ledger, 'user:1')).toBe('4');
    await expectBalanced(ledger);
  });

  it('nor one that was sent in view of an earlier refusal', async () => {
    const ledger = openLedger(stores);
    const order = withdrawal(2, '6', 'between refusals');
    await expect(ledger.post(order)).rejects.toMatchObject(REFUSED);
    await ledger.post(deposit(2, '6'));
    // Its first transaction learns of the refusal, its second one could settle.
    const ghost = await givenUp(order, 1);
    await ledger.post(withdrawal(2, '1'));
    await expect(ledger.post(order)).rejects.toMatchObject(REFUSED);
    await ledger.post(deposit(2, '1'));
    expect(await ghost.release()).toMatchObject(cancelled);
    expect(await balanceOf(ledger, 'user:2')).toBe('6');
    expect(await ledger.transfer(order)).toMatchObject({ status: 'REJECTED' });
    await expectBalanced(ledger);
  });

  it('is not even sent after the deadline, on top of a refusal that was read too late', async () => {
    const order = withdrawal(4, '6', 'read too late');
    await expect(openLedger(stores).post(order)).rejects.toMatchObject(REFUSED);
    await openLedger(stores).post(deposit(4, '6'));
    const clock = tickingClock();
    const { documents, counts } = counted(stores.documents);
    const slow: Documents = {
      ...documents,
      transact: (...args) => documents.transact(...args).finally(() => (clock.at += 60_000)),
    };
    await expect(openLedger(stores, { documents: slow, clock }).post(order)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(counts).toEqual({ transact: 1 });
  });

  it('settles where nobody was refused meanwhile, and then it is the answer to every delivery', async () => {
    const ledger = openLedger(stores);
    const order = withdrawal(3, '6', 'nobody refused');
    await ledger.post(deposit(3, '6'));
    const ghost = await givenUp(order);
    expect(await ghost.release()).toMatchObject({ status: 200 });
    expect(await ledger.post(order)).toMatchObject({ replayed: true });
    expect(await balanceOf(ledger, 'user:3')).toBe('0');
  });
});
