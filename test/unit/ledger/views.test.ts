import { expect, it } from 'vitest';
import { parseDecimal } from '../../../lib/ledger/decimal.ts';
import type { Units } from '../../../lib/ledger/decimal.ts';
import type { Entry, Transfer, TrialBalance } from '../../../lib/ledger/ledger.ts';
import { accountView, entryView, transferView, trialBalanceView } from '../../../lib/ledger/views.ts';

const units = (text: string) => parseDecimal(text) as Units;
const money = '123456789012345678.0123456789';
const asked = { amount: units('10.50'), currency: 'USDT' };
const part = { transactionId: 'tx', service: 'URS' };

it('money leaves as decimal strings, every digit of it, beside what was asked for', () => {
  const transfer = { ...part, amount: units(money) } as Transfer;
  expect(transferView(transfer)).toStrictEqual({ ...part, amount: money });
  expect(transferView({ ...transfer, asked })).toStrictEqual({
    ...part,
    amount: money,
    asked: { amount: '10.5', currency: 'USDT' },
  });
  const entry = { ...part, amount: units('-1'), balance: units(money) } as unknown as Entry;
  expect(entryView(entry)).toStrictEqual({ ...part, amount: '-1', balance: money });
  expect(entryView({ ...entry, asked })).toMatchObject({ asked: { amount: '10.5' }, balance: money });
});

it('so do balances', () => {
  const account = {
    accountId: 'user:1',
    book: 'main',
    currency: 'DIAMOND',
    balance: units(money),
    entries: 2,
  } as const;
  expect(accountView(account)).toStrictEqual({ ...account, balance: money });
  const trial = {
    total: 0n,
    userTotal: units('5'),
    houses: [{ ...account, accountId: 'house:15', balance: units('-5') }],
    balanced: true,
  } as unknown as TrialBalance;
  expect(trialBalanceView(trial)).toStrictEqual({
    total: '0',
    userTotal: '5',
    houses: [{ accountId: 'house:15', balance: '-5' }],
    balanced: true,
  });
});
