/** The actions that a definition describes, and their answers. */
import { formatDecimal, isProblem, multiply } from '../../ledger/decimal.ts';
import type { Units } from '../../ledger/decimal.ts';
import type { Transfer } from '../../ledger/ledger.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { ExactNumber } from '../../text/json/exact.ts';
import type { ExactJson } from '../../text/json/exact.ts';
import { valueAt } from '../../text/json/value.ts';
import { amountOf, transactionIdOf, userIdOf } from '../payload.ts';
import type { Action, Checked, Forwarded, Movement, Order } from '../protocol.ts';
import { invalid } from '../reply.ts';
import type { MappedAction } from './schema.ts';

type Ordering = Extract<MappedAction, { do: 'deposit' | 'withdraw' | 'check' }>;
type Moving = Extract<MappedAction, { do: 'deposit' | 'withdraw' }>;

/** @param bookCurrency what amounts are in where the definition does not say. */
export function actionOf(mapped: MappedAction, event: Forwarded, bookCurrency: string): Action {
  switch (mapped.do) {
    case 'forward':
      return { do: 'forward', event };
    case 'ignore':
      return { do: 'ignore' };
    case 'register':
      return {
        do: 'register',
        input: (payload) => ({
          uid: at(payload, mapped.userId),
          superiors: superiorsIn(payload, mapped.superiors),
        }),
        data: (registered) => JSON.stringify(registered),
      };
    case 'check':
      return {
        do: 'check',
        names: namesOf(mapped),
        input: (payload) => orderIn(payload, mapped, bookCurrency),
        data: checkedText,
      };
    default:
      return {
        do: mapped.do,
        names: namesOf(mapped),
        input: (payload) => movementIn(payload, mapped, bookCurrency),
        data: movementText,
      };
  }
}

const MOVED = [
  'transactionId',
  'type',
  'userId',
  'amount',
  'currency',
  'status',
  'settledAt',
  'asked.amount',
  'asked.currency',
];

/** What an answer's `data` may hold, by what was done: templates of `webhook.reply` name it. */
export const DATA_NAMES: Readonly<Record<MappedAction['do'], readonly string[]>> = {
  deposit: MOVED,
  withdraw: MOVED,
  check: ['allowed', 'balance', 'principal', 'fee', 'total'],
  register: ['uid', 'superiors', 'created'],
  forward: ['action', 'eventId'],
  ignore: ['ignored'],
};

interface Pointed {
  pointer: string;
}

const at = (payload: ExactJson, { pointer }: Pointed) => valueAt(payload, pointer) as ExactJson | undefined;

/** As the partner knows it: `data.object.amount`. */
const nameOf = ({ pointer }: Pointed): string => pointer.slice(1).replaceAll('/', '.') || 'payload';

const namesOf = (mapped: Ordering) => ({
  userId: nameOf(mapped.userId),
  amount: nameOf(mapped.amount),
  ...('transactionId' in mapped ? { transactionId: nameOf(mapped.transactionId) } : {}),
});

const movementIn = (payload: ExactJson, mapped: Moving, bookCurrency: string): Movement => ({
  ...orderIn(payload, mapped, bookCurrency),
  transactionId: transactionIdOf(at(payload, mapped.transactionId), nameOf(mapped.transactionId)),
});

function orderIn(payload: ExactJson, mapped: Ordering, bookCurrency: string): Order {
  const { userId, amount, scale, currency = bookCurrency } = mapped;
  return {
    userId: String(userIdOf(at(payload, userId), nameOf(userId))),
    asked: {
      amount: scaled(amountOf(at(payload, amount), nameOf(amount)), scale, nameOf(amount)),
      currency: typeof currency === 'string' ? currency : currencyIn(payload, currency, bookCurrency),
    },
  };
}

/** A partner that counts cents sends whole ones: a fraction is an amount of something else. */
function scaled(units: Units, scale: number, field: string): Units {
  if (scale === 0) return units;
  if (!/^[0-9]+$/.test(formatDecimal(units))) return invalid(field, 'must be a whole number');
  const amount = multiply(units, `1e-${scale}`);
  return isProblem(amount) ? invalid(field, amount.problem) : amount;
}

/** There is one rate: what is in another currency is no amount that could be converted. */
function currencyIn(
  payload: ExactJson,
  { equals, pointer }: Pointed & { equals?: string | undefined },
  bookCurrency: string,
): string {
  const wanted = equals ?? bookCurrency;
  const said = at(payload, { pointer });
  const isThat = typeof said === 'string' && said.toUpperCase() === wanted.toUpperCase();
  return isThat ? wanted : invalid(nameOf({ pointer }), `is not ${wanted}`);
}

/** A list that is missing says nothing, and is not taken for an empty one: that would take a user's superiors away. */
function superiorsIn(payload: ExactJson, superiors: Pointed | Pointed[] | undefined): unknown {
  if (superiors === undefined) return undefined;
  if (Array.isArray(superiors)) return superiors.map((one) => at(payload, one));
  return (
    at(payload, superiors) ?? invalid(nameOf(superiors), 'is missing: an empty list says that there are none')
  );
}

/** A user id is a number with its digits. */
function movementText({ userId, asked, transactionId }: Movement, transfer: Transfer): string {
  return JSON.stringify(
    omitUndefined({
      transactionId,
      type: transfer.type,
      userId: new ExactNumber(userId),
      amount: formatDecimal(transfer.amount),
      currency: transfer.currency,
      status: transfer.status,
      settledAt: transfer.settledAt,
      asked: { ...asked, amount: formatDecimal(asked.amount) },
    }),
  );
}

const checkedText = ({ allowed, balance, principal, fee, total }: Checked): string =>
  JSON.stringify({
    allowed,
    balance: formatDecimal(balance),
    principal: formatDecimal(principal),
    fee: formatDecimal(fee),
    total: formatDecimal(total),
  });
