import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, PostInput } from '../../../lib/ledger/ledger.ts';
import { shardId } from '../../../lib/ledger/keys.ts';
import { watchedLedger } from '../../../lib/ledger/watched-ledger.ts';
import type { AlertInput } from '../../../lib/watch/alerts/alerts.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { BOOK, deposit, openLedger, withdrawal } from './books.ts';

/** One shard, so that a test knows which row an order meets. */
const book = { ...BOOK, houseShards: 1 };

describe('a balance that is no balance (M8)', () => {
  let stores: TestStores;
  let ledger: Ledger;
  let raised: AlertInput[];
  beforeAll(async () => {
    stores = await openStores();
  });
  beforeEach(() => {
    raised = [];
    const raise = async (alert: AlertInput) => void raised.push(alert);
    ledger = watchedLedger(openLedger(stores), { raise, resolve: async () => undefined });
  });
  afterAll(() => stores.close());

  const damage = (balanceId: string, update: string, values: Record<string, unknown> = {}) => {
    const key = { pk: `ACCT#${balanceId}`, sk: 'BALANCE' };
    const expression = Object.keys(values).length > 0 ? { values } : {};
    return stores.documents.update(stores.names.tables.ledger, key, update, expression);
  };
  const alert = (balanceId: string) => ({
    kind: 'LEDGER_CORRUPT',
    subject: `ACCT#${balanceId}`,
    severity: 'critical',
  });

  /** Neither a verdict that a partner would take for the last word, nor a trace of one. */
  async function expectNoVerdict(order: PostInput, balanceId: string): Promise<void> {
    await expect(ledger.post(order)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await ledger.transfer(order)).toBeUndefined();
    expect(raised).toMatchObject([alert(balanceId)]);
  }

  const DAMAGES = [
    ['text in place of the balance', 'SET balance = :value', { ':value': 'lots' }],
    ['no balance', 'REMOVE balance', {}],
    ['text in place of the count', 'SET entries = :value', { ':value': 'many' }],
  ] as const;

  it.each(DAMAGES)('a withdrawal is not refused for %s', async (_what, update, values) => {
    const user = 100 + DAMAGES.findIndex(([what]) => what === _what);
    await ledger.post(deposit(user, '10', undefined, { book }));
    await damage(`user:${user}`, update, { ...values });
    await expectNoVerdict(withdrawal(user, '1', undefined, { book }), `user:${user}`);
    await expect(ledger.account(`user:${user}`)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it.each(DAMAGES)('nor a deposit, nor does one mend it: %s', async (_what, update, values) => {
    const user = 200 + DAMAGES.findIndex(([what]) => what === _what);
    await ledger.post(deposit(user, '10', undefined, { book }));
    await damage(`user:${user}`, update, { ...values });
    await expectNoVerdict(deposit(user, '1', undefined, { book }), `user:${user}`);
    await expect(ledger.entries(`user:${user}`)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('nor for a refused withdrawal that comes again', async () => {
    const order = withdrawal(300, '11', 'refused before', { book });
    await ledger.post(deposit(300, '10', undefined, { book }));
    await expect(ledger.post(order)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await damage('user:300', 'SET balance = :value', { ':value': 'lots' });
    await expect(ledger.post(order)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await ledger.transfer(order)).toMatchObject({ status: 'REJECTED', attempts: 1 });
    expect(raised).toMatchObject([alert('user:300')]);
  });

  it("nor for a house's shard", async () => {
    const shard = shardId('house:15', 0);
    await damage(shard, 'SET balance = :value', { ':value': 'none' });
    await expectNoVerdict(deposit(400, '1', undefined, { book }), shard);
    await expect(ledger.account('house:15')).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
