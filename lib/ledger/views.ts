/** Money as it leaves us: decimal strings without trailing zeros, never JSON numbers. */
import { formatDecimal } from './decimal.ts';
import type { Account, Entry, Money, Transfer, TrialBalance } from './ledger.ts';

const askedView = (asked: Money | undefined) =>
  asked && { asked: { ...asked, amount: formatDecimal(asked.amount) } };

export function transferView({ amount, asked, ...rest }: Transfer) {
  return { ...rest, amount: formatDecimal(amount), ...askedView(asked) };
}

export function accountView({ balance, ...rest }: Account) {
  return { ...rest, balance: formatDecimal(balance) };
}

export function entryView({ amount, asked, balance, ...rest }: Entry) {
  return {
    ...rest,
    amount: formatDecimal(amount),
    ...askedView(asked),
    balance: formatDecimal(balance),
  };
}

export function trialBalanceView({ total, userTotal, houses, ...rest }: TrialBalance) {
  return {
    total: formatDecimal(total),
    ...rest,
    userTotal: formatDecimal(userTotal),
    houses: houses.map(({ accountId, balance }) => ({ accountId, balance: formatDecimal(balance) })),
  };
}
