import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionCancelled, exactOf } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { isGatewayError } from '../../../lib/runtime/errors.ts';
import { balanceKey, shardId } from '../../../lib/ledger/keys.ts';
import { parseTotal } from '../../../lib/ledger/decimal.ts';
import type { Units } from '../../../lib/ledger/decimal.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { BOOK, deposit, expectBalanced, inParallel, openLedger, withdrawal } from './books.ts';
import { seeded } from '../../../dev/seeded.ts';
import { troubled } from './troubled-documents.ts';
import type { Trouble } from './troubled-documents.ts';

const USERS = [1, 2, 3, 4, 5, 6, 7, 8];
const SHARDS = 4;
const FEW_SHARDS = { ...BOOK, houseShards: SHARDS };
const TRANSFERS = 960;

describe('bank', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  /** Retried: a snapshot may meet a transaction in flight, and is refused then. */
  async function snapshot(documents: Documents): Promise<Units[]> {
    const ids = [
      ...USERS.map((user) => `user:${user}`),
      ...Array.from({ length: SHARDS }, (_, shard) => shardId('house:15', shard)),
    ];
    for (;;) {
      try {
        const items = await documents.transactGet(stores.names.tables.ledger, ids.map(balanceKey));
        return items.map((item) => (item ? (parseTotal(exactOf(item['balance'])) as Units) : 0n));
      } catch (error) {
        if (!(error instanceof TransactionCancelled)) throw error;
      }
    }
  }

  it('L1: 8 hot accounts, 24 workers: every snapshot sums to zero, nobody is below zero', async () => {
    const random = seeded(20_261_121);
    // One write in ten meets contention, throttling or a lost answer.
    const troubles: Trouble[] = [
      'row-conflict',
      'balance-conflict',
      'throttled-item',
      'error-before',
      'error-after',
    ];
    const documents = troubled(stores.documents, () =>
      random() < 0.1 ? troubles[Math.floor(random() * troubles.length)] : 'none',
    );
    const ledger = openLedger(stores, {
      documents,
      clock: { ...systemClock, sleep: () => pause(0) },
    });
    const orders = Array.from({ length: TRANSFERS }, (_, i) => {
      const user = USERS[Math.floor(random() * USERS.length)]!;
      const amount = `${1 + Math.floor(random() * 50)}.${String(Math.floor(random() * 1e10)).padStart(10, '0')}`;
      return (random() < 0.5 ? deposit : withdrawal)(user, amount, `bank-${i}`, { book: FEW_SHARDS });
    });

    const bank = { isOpen: true };
    let snapshots = 0;
    const reader = async () => {
      while (bank.isOpen) {
        const balances = await snapshot(stores.documents);
        snapshots += 1;
        expect(balances.reduce((total, balance) => total + balance, 0n)).toBe(0n);
        expect(balances.slice(0, USERS.length).filter((balance) => balance < 0n)).toEqual([]);
        await pause(5);
      }
    };
    const readers = Promise.all([reader(), reader()]);
    const expected = new Map(USERS.map((user) => [user, 0n]));
    let refused = 0;
    try {
      await inParallel(24, orders, async (order) => {
        try {
          const { transfer } = await ledger.post(order);
          const user = Number((order.house === 'from' ? order.to : order.from).slice('user:'.length));
          const gain = order.house === 'from' ? transfer.amount : -transfer.amount;
          expected.set(user, expected.get(user)! + gain);
        } catch (error) {
          if (!isGatewayError(error, 'INSUFFICIENT_FUNDS')) throw error;
          refused += 1;
        }
      });
    } finally {
      bank.isOpen = false;
    }
    await readers;

    expect(snapshots).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(TRANSFERS / 2);
    const final = await snapshot(stores.documents);
    expect(final.slice(0, USERS.length)).toEqual([...expected.values()]);
    await expectBalanced(ledger);
  });
});
