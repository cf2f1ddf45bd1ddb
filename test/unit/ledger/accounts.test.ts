import { expect, it } from 'vitest';
import { readUser, sum } from '../../../lib/ledger/accounts.ts';
import type { Balance } from '../../../lib/ledger/items.ts';
import type { Documents, Item } from '../../../lib/vendors/dynamodb/documents.ts';

const part = (balance: bigint, entries: number): Balance => ({
  balanceId: 'emerald:house:15#00',
  balance,
  entries,
  currency: 'EMERALD',
  lastTransfer: 'x',
});

it('an account is the sum of its parts', () => {
  expect(sum('emerald:house:15', [part(-5n, 2), part(3n, 1)])).toEqual({
    accountId: 'emerald:house:15',
    book: 'emerald',
    currency: 'EMERALD',
    balance: -2n,
    entries: 3,
  });
  expect(sum('house:15', [])).toBeUndefined();
});

it('a user is read as it is now, and may not be there', async () => {
  const asked: unknown[] = [];
  const table = new Map<string, Item>([
    [
      'ACCT#user:7',
      {
        pk: 'ACCT#user:7',
        balance: { value: '5' },
        entries: { value: '1' },
        currency: 'DIAMOND',
        lastTransfer: 'x',
      },
    ],
  ]);
  const documents = {
    get: (...read: Parameters<Documents['get']>) => {
      asked.push(read);
      return Promise.resolve(table.get(read[1]['pk']!));
    },
  } as Documents;
  expect(await readUser({ documents, table: 'ledger' }, 'user:7')).toMatchObject({
    balance: 50_000_000_000n,
  });
  expect(await readUser({ documents, table: 'ledger' }, 'user:8')).toBeUndefined();
  expect(asked[0]).toEqual(['ledger', { pk: 'ACCT#user:7', sk: 'BALANCE' }, { consistent: true }]);
});
