/** Lines of a partner's list against our transfers. */
import { parseAccountId } from '../../ledger/account-id.ts';
import type { AccountId } from '../../ledger/account-id.ts';
import { formatDecimal } from '../../ledger/decimal.ts';
import type { Units } from '../../ledger/decimal.ts';
import type { Money, Transfer } from '../../ledger/ledger.ts';
import type { ListedOrder } from './line.ts';

export interface OnlyTheirs {
  transactionId: string;
  line: number;
  type: string;
  userId: string;
  usdtAmount: string;
  status?: string;
  next: string;
}

export interface Differing {
  transactionId: string;
  line: number;
  field: 'type' | 'userId' | 'usdtAmount' | 'status' | 'lines';
  ours: string;
  theirs: string;
  /** What to do. */
  next: string;
}

/** @returns nothing where they say the same. */
export function differences(order: ListedOrder, transfer: Transfer): Differing[] {
  const { transactionId, line } = order;
  const { reversedBy } = transfer;
  const ours = {
    type: transfer.type as string,
    userId: userOf(transfer),
    usdtAmount: formatDecimal(askedOf(transfer)),
    status: reversedBy === undefined ? transfer.status : 'REVERSED',
  };
  // What no list says was carried out.
  const theirs = {
    type: order.type,
    userId: order.userId,
    usdtAmount: formatDecimal(order.usdtAmount),
    status: order.status ?? 'SETTLED',
  };
  const fields = ['type', 'userId', 'usdtAmount', 'status'] as const;
  return fields
    .filter((field) => ours[field] !== theirs[field])
    .map((field) => ({
      transactionId,
      line,
      field,
      ours: ours[field],
      theirs: theirs[field],
      next: field === 'status' ? nextOfStatus(ours.status, transfer) : OTHER_CONTENT,
    }));
}

/** In the partner's currency, where it was converted. */
export const askedOf = ({ asked, amount }: { asked?: Money; amount: Units }): Units =>
  asked?.amount ?? amount;

/** The side that is no house. */
export function userOf({ from, to }: { from: AccountId; to: AccountId }): string {
  const [payer, payee] = [parseAccountId(from), parseAccountId(to)];
  return (payer?.kind === 'user' ? payer : payee)?.id ?? '';
}

const OTHER_CONTENT =
  'Find out what was ordered: GET /v1/admin/deliveries?transactionId= has what they sent. Then reverse or adjust ours, or have them correct theirs.';

function nextOfStatus(ours: string, { transactionId, service, reversedBy }: Transfer): string {
  switch (ours) {
    case 'SETTLED':
      return 'We have carried it out: tell them. If they have given it up, reverse ours.';
    case 'REVERSED':
      return `We have taken it back with ${reversedBy}: have them do the same.`;
    case 'PENDING':
      return 'It is being settled: compare again in a few minutes.';
    case 'DEAD':
      return `We still owe it: gatehouse redrive ${transactionId} --service ${service}`;
    default:
      return 'We have refused it for lack of funds: have them send it again once the balance suffices, or give it up.';
  }
}

export function onlyTheirs(order: ListedOrder): OnlyTheirs {
  const { status, usdtAmount, ...rest } = order;
  const moved = status === undefined || status === 'SETTLED';
  return {
    ...rest,
    usdtAmount: formatDecimal(usdtAmount),
    ...(status !== undefined && { status }),
    next: moved
      ? 'We have never had it: have them send it again with this transactionId.'
      : 'Nothing moved on either side: nothing to do.',
  };
}

/** A transaction id that the list has more than once: whoever adds it up counts it as often. */
export const listedTwice = (transactionId: string, line: number, times: number): Differing => ({
  transactionId,
  line,
  field: 'lines',
  ours: '1',
  theirs: String(times),
  next: 'Their list has it more than once, and it moved once: have them correct the list.',
});

export const ONLY_OURS_NEXT =
  'We have carried it out, and they do not list it: look in their list of the time before and after. If they never ordered it, reverse it.';
