/** The actions of URS and their answers (SPEC 7). */
import { formatDecimal } from '../../ledger/decimal.ts';
import type { Transfer } from '../../ledger/ledger.ts';
import type { ExactObject } from '../../text/json/exact.ts';
import { amountOf, transactionIdOf, userIdOf } from '../payload.ts';
import type { Action, Movement, Order } from '../protocol.ts';

/** The currency of URS; its answers call the book's currency diamonds, whatever its name. */
const CURRENCY = 'USDT';
const names = { amount: 'usdtAmount' };

const order = ({ userId, usdtAmount }: ExactObject): Order => ({
  userId: String(userIdOf(userId, 'userId')),
  asked: { amount: amountOf(usdtAmount, 'usdtAmount'), currency: CURRENCY },
});

const movement = (payload: ExactObject): Movement => ({
  ...order(payload),
  transactionId: transactionIdOf(payload['transactionId'], 'transactionId'),
});

export const ACTIONS: Readonly<Record<string, Action>> = {
  /** 入包: from the fund account to a user. */
  deposit: { do: 'deposit', names, input: movement, data: movementText },
  /** 出包: from a user to the fund account. */
  withdraw: { do: 'withdraw', names, input: movement, data: movementText },
  /** 入包检查 */
  check: {
    do: 'check',
    names,
    input: order,
    data: ({ allowed, balance, principal, fee, total }) =>
      JSON.stringify({
        allowed,
        diamond_balance: formatDecimal(balance),
        principal_amount: formatDecimal(principal),
        fee_amount: formatDecimal(fee),
        total_required: formatDecimal(total),
      }),
  },
  register: {
    do: 'register',
    input: ({ uid, superiors }) => ({ uid, superiors }),
    data: (registered) => JSON.stringify(registered),
  },
};

/** Built as text: a user id is returned as a number with its original digits. */
function movementText({ userId, asked, transactionId }: Movement, transfer: Transfer): string {
  const head = JSON.stringify({ transactionId, type: transfer.type }).slice(0, -1);
  const tail = JSON.stringify({
    usdtAmount: formatDecimal(asked.amount),
    diamondAmount: formatDecimal(transfer.amount),
    status: transfer.status,
    settledAt: transfer.settledAt,
  }).slice(1);
  return `${head},"userId":${userId},${tail}`;
}
