/** Money as it leaves us: decimal strings without trailing zeros, never JSON numbers. */
import { formatDecimal } from './decimal.ts';
import type { Account, Entry, Transfer, TrialBalance } from './ledger.ts';

export function transferView({ amount, usdtAmount, ...rest }: Transfer) {
  return {
    ...rest,
    currency: 'DIAMOND' as const,
    amount: formatDecimal(amount),
    ...(usdtAmount === undefined ? {} : { usdtAmount: formatDecimal(usdtAmount) }),
  };
}

export function accountView({ balance, ...rest }: Account) {
  return { ...rest, balance: formatDecimal(balance) };
}

export function entryView({ amount, usdtAmount, balance, ...rest }: Entry) {
  return {
    ...rest,
    amount: formatDecimal(amount),
    ...(usdtAmount === undefined ? {} : { usdtAmount: formatDecimal(usdtAmount) }),
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
