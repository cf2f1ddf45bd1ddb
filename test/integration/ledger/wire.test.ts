import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { balanceKey } from '../../../lib/ledger/keys.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import type { DynamoDbWire } from '../../faults/dynamodb-wire.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { balanceOf, deposit, expectBalanced, openLedger, withdrawal } from './books.ts';

describe('the ledger on a wire', () => {
  let stores: TestStores;
  let wire: DynamoDbWire;
  let ledger: Ledger;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());
  beforeEach(async () => {
    wire = await startDynamoDbWire({
      upstream: stores.config.endpoints.dynamodb!,
      stage: stores.stage,
    });
    ledger = openLedger(stores, {
      documents: connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint, maxAttempts: 1 }),
    });
  });
  afterEach(() => wire.stop());

  it('gives up at once on what DynamoDB will never carry out: a fault of ours, nothing moved (M11)', async () => {
    for (let user = 1; user <= 8; user++) {
      wire.meet('invalid');
      await expect(ledger.post(deposit(user, '1'))).rejects.toMatchObject({
        code: 'INTERNAL',
        retryable: false,
      });
      expect(await balanceOf(openLedger(stores), `user:${user}`)).toBeUndefined();
    }
    expect(wire.requests).toHaveLength(8);
  });

  it('does not read a snapshot again that DynamoDB will never give (M11)', async () => {
    await openLedger(stores).post(deposit(20, '1'));
    wire.meet('invalid');
    await ledger.account('house:15').catch(() => undefined);
    const snapshots = wire.requests.filter(({ action }) => action === 'TransactGetItems');
    expect(snapshots).toHaveLength(1);
  });

  it('answers a duplicate with the first answer though the account can no longer be written (M11)', async () => {
    const order = deposit(30, '1', 'before the fault');
    const { transfer } = await ledger.post(order);
    const key = balanceKey('user:30');
    const row = (await stores.documents.get(stores.names.tables.ledger, key))!;
    await stores.documents.put(stores.names.tables.ledger, { ...row, balance: 'nonsense' });
    expect(await ledger.post(order)).toEqual({ transfer, replayed: true });
    await expect(ledger.post(deposit(30, '1'))).rejects.toBeInstanceOf(Error);
    await stores.documents.put(stores.names.tables.ledger, row);
    await expectBalanced(openLedger(stores));
  });

  it('takes a conflict in any position for no verdict', async () => {
    await ledger.post(deposit(40, '5'));
    wire.meet(...Array<'conflict'>(12).fill('conflict'));
    expect(await ledger.post(withdrawal(40, '5'))).toMatchObject({ replayed: false });
    expect(await balanceOf(ledger, 'user:40')).toBe('0');
  });
});
