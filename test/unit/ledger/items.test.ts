import type { GatewayError } from '../../../lib/runtime/errors.ts';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../../lib/ledger/decimal.ts';
import type { Units } from '../../../lib/ledger/decimal.ts';
import {
  corruptRow,
  readBalance,
  readEntry,
  readTransfer,
  settledItem,
  transferAttributes,
} from '../../../lib/ledger/items.ts';
import type { Item } from '../../../lib/vendors/dynamodb/documents.ts';

const units = (text: string) => parseDecimal(text) as Units;
const AT = '2026-11-21T04:00:00.000Z';
const LATER = '2026-11-21T05:00:00.000Z';

const stored: Item = {
  pk: 'TX#URS#tx',
  sk: 'TRANSFER',
  type: 'deposit',
  status: 'SETTLED',
  from: 'house:15',
  to: 'user:7',
  amount: { value: '3000.0000000001' },
  currency: 'DIAMOND',
  asked: { amount: { value: '10' }, currency: 'USDT' },
  requestedBy: 'URS',
  createdAt: AT,
  settledAt: LATER,
  attempts: { value: '2' },
  fingerprint: 'f',
  attemptId: 'a',
};
const without = (item: Item, ...names: string[]) =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));

/** Which row, and what of it. */
function corruption(read: (item: Item) => unknown, item: Item): string {
  try {
    return JSON.stringify(read(item));
  } catch (error) {
    const { code, internal, message } = error as GatewayError;
    return code === 'INTERNAL' && internal?.['row'] === String(item['pk'])
      ? message
      : `not told as a row: ${message}`;
  }
}

describe('a transfer', () => {
  it('is read with every digit, in one order of members', () => {
    const { transfer, ...row } = readTransfer(stored);
    expect(row).toEqual({ fingerprint: 'f', attemptId: 'a', version: 0 });
    expect(transfer).toStrictEqual({
      transactionId: 'tx',
      service: 'URS',
      book: 'main',
      type: 'deposit',
      status: 'SETTLED',
      from: 'house:15',
      to: 'user:7',
      amount: units('3000.0000000001'),
      currency: 'DIAMOND',
      asked: { amount: units('10'), currency: 'USDT' },
      requestedBy: 'URS',
      createdAt: AT,
      settledAt: LATER,
      attempts: 2,
      history: [{ status: 'SETTLED', at: LATER }],
    });
    expect(Object.keys(transfer).at(-1)).toBe('history');
  });

  it('that was refused has its states, and the version that it is in', () => {
    const history = [{ status: 'REJECTED', at: AT, cause: 'INSUFFICIENT_FUNDS' }];
    const item = {
      ...without(stored, 'settledAt', 'asked'),
      status: 'REJECTED',
      version: { value: '3' },
      history,
    };
    const { transfer, version } = readTransfer(item);
    expect([version, transfer.history, 'settledAt' in transfer, 'asked' in transfer]).toEqual([
      3,
      history,
      false,
      false,
    ]);
    // As an older version wrote it.
    expect(readTransfer(without(item, 'history')).transfer.history).toEqual([{ status: 'REJECTED', at: AT }]);
    const causeless = [{ status: 'REJECTED', at: AT, cause: undefined }];
    expect(readTransfer({ ...item, history: causeless }).transfer.history).toStrictEqual([
      { status: 'REJECTED', at: AT },
    ]);
  });

  it.each([
    ['type', 'gift'],
    ['status', 'OPEN'],
    ['from', 'house'],
    ['to', 7],
    ['amount', { value: '0' }],
    ['amount', { value: '-1' }],
    ['amount', { value: 'x' }],
    ['amount', 'x'],
    ['amount', undefined],
    ['currency', undefined],
    ['requestedBy', undefined],
    ['createdAt', undefined],
    ['attempts', 'x'],
    ['fingerprint', undefined],
    ['attemptId', undefined],
    ['reason', 7],
    ['history', 'x'],
    ['version', 'x'],
    ['settledAt', undefined],
  ])('cannot be read where %s is %j', (field, value) => {
    expect(corruption(readTransfer, { ...stored, [field]: value })).toBe(
      `The ledger's row TX#URS#tx cannot be read: ${field}.`,
    );
  });

  it.each([
    [{ ...stored, to: 'emerald:user:7' }, 'TX#URS#tx', 'to'],
    [{ ...stored, status: 'REJECTED' }, 'TX#URS#tx', 'settledAt'],
    [{ ...stored, asked: { amount: { value: '0' }, currency: 'USDT' } }, 'TX#URS#tx', 'asked.amount'],
    [{ ...stored, asked: { amount: { value: '1' } } }, 'TX#URS#tx', 'asked.currency'],
    [{ ...stored, history: [{ status: 'X', at: AT }] }, 'TX#URS#tx', 'history.0.status'],
    [{ ...stored, history: [{ status: 'SETTLED' }] }, 'TX#URS#tx', 'history.0.at'],
    [{ ...stored, pk: 'TX#URS' }, 'TX#URS', 'pk'],
  ])('cannot be read whole: %#', (item, row, field) => {
    expect(corruption(readTransfer, item)).toBe(`The ledger's row ${row} cannot be read: ${field}.`);
  });

  it('is written as it is read', () => {
    const row = readTransfer(stored);
    const item = settledItem(row, LATER, 3);
    expect(readTransfer(JSON.parse(JSON.stringify(item)) as Item)).toEqual(row);
    expect(item).toMatchObject({
      pk: 'TX#URS#tx',
      sk: 'TRANSFER',
      gsi1pk: 'user:7',
      gsi2pk: 'house:15#03',
      gsi1sk: `${LATER}#URS#tx`,
    });
    // What the key and the names of the accounts say is not said twice.
    for (const name of ['transactionId', 'service', 'book', 'history', 'version'])
      expect(item).not.toHaveProperty(name);
    const withdrawal = readTransfer({ ...stored, from: 'user:7', to: 'house:15' });
    expect(settledItem(withdrawal, LATER, 3)).toMatchObject({ gsi1pk: 'user:7', gsi2pk: 'house:15#03' });
  });

  it('that was something else before says so, where it is settled', () => {
    const history = [
      { status: 'REJECTED', at: AT },
      { status: 'SETTLED', at: LATER },
    ];
    const row = readTransfer({ ...stored, history });
    expect(settledItem(row, LATER, 3)).toMatchObject({ history });
    expect(transferAttributes(row)).not.toHaveProperty('history');
  });
});

describe('a line', () => {
  const line = {
    pk: 'TX#URS#tx',
    type: 'deposit',
    from: 'house:15',
    to: 'user:7',
    amount: { value: '1.5' },
    settledAt: AT,
    gsi1sk: `${AT}#URS#tx`,
  };

  it('is read with its transfer', () => {
    const { pk: _, ...rest } = line;
    const id = { transactionId: 'tx', service: 'URS' };
    expect(readEntry(line)).toStrictEqual({ ...rest, ...id, amount: units('1.5') });
  });

  it.each(['pk', 'gsi1sk', 'settledAt', 'amount', 'type'])('cannot be read without %s', (field) => {
    expect(corruption(readEntry, without(line, field))).toMatch(new RegExp(`cannot be read: ${field}\\.$`));
  });

  it('is of a transfer', () => {
    expect(corruption(readEntry, { ...line, pk: 'ACCT#user:7' })).toContain(
      'ACCT#user:7 cannot be read: pk.',
    );
  });
});

describe('a balance', () => {
  const balance = {
    pk: 'ACCT#house:15#03',
    balance: { value: '-12345678901234567890.5' },
    currency: 'DIAMOND',
    entries: { value: '3' },
    lastTransfer: 'x',
  };

  it('is read with every digit, below zero, beyond any amount', () => {
    expect(readBalance(balance)).toEqual({
      balanceId: 'house:15#03',
      balance: -123456789012345678905_000_000_000n,
      currency: 'DIAMOND',
      entries: 3,
      lastTransfer: 'x',
    });
    expect(readBalance({ ...balance, balance: 5 }).balance).toBe(units('5'));
  });

  it.each(['balance', 'currency', 'entries', 'lastTransfer'])('cannot be read without %s', (field) => {
    expect(corruption(readBalance, without(balance, field))).toBe(
      `The ledger's row ACCT#house:15#03 cannot be read: ${field}.`,
    );
  });

  it('is of an account', () => {
    expect(corruption(readBalance, { ...balance, pk: 'TX#URS#x' })).toContain('TX#URS#x cannot be read: pk.');
  });

  it('of which somebody has changed the types is named, too', () => {
    expect(corruptRow('ACCT#user:7', '(types)')).toMatchObject({
      code: 'INTERNAL',
      message: "The ledger's row ACCT#user:7 cannot be read: (types).",
      internal: { row: 'ACCT#user:7', field: '(types)' },
    });
  });
});
