import { GatewayError } from '../runtime/errors.ts';
import type { FieldError } from '../runtime/errors.ts';
import { AMOUNT_LIMIT } from './decimal.ts';
import type { Units } from './decimal.ts';
import { isAccountId, isHouse } from './keys.ts';
import type { AccountId, PostInput } from './ledger.ts';

export interface Parties {
  user: AccountId;
  house: AccountId;
  /** Does the user pay? */
  debit: boolean;
}

const MAX_ID = 128;
const MAX_REASON = 200;
const MAX_REQUESTER = 128;

/**
 * Who pays whom, once everything about the order has been checked that needs no store.
 * @throws `VALIDATION_FAILED` naming every field at fault.
 */
export function partiesOf(input: PostInput, houseUserIds: readonly string[]): Parties {
  const debit = input.house === 'to';
  const [house, user] = debit ? [input.to, input.from] : [input.from, input.to];
  const faults: FieldError[] = [
    ...identity(input),
    ...amountFaults('amount', input.amount),
    ...(input.usdtAmount === undefined ? [] : amountFaults('usdtAmount', input.usdtAmount)),
  ];
  if (!isAccountId(house) || !isHouse(house))
    faults.push({ field: input.house, message: 'is no house account' });
  if (!isAccountId(user) || isHouse(user)) faults.push({ field: 'userId', message: 'is no user' });
  else if (houseUserIds.includes(user.slice('user:'.length))) {
    faults.push({ field: 'userId', message: 'is a house account' });
  }
  if (faults.length > 0) {
    const words = faults.map(({ field, message }) => `${field} ${message}`).join('; ');
    throw new GatewayError('VALIDATION_FAILED', `${words}.`, { fields: faults });
  }
  return { user, house, debit };
}

function identity({ transactionId, reason, requestedBy }: PostInput): FieldError[] {
  const faults: FieldError[] = [];
  if (!isLine(transactionId, MAX_ID)) {
    faults.push({
      field: 'transactionId',
      message: `must have 1 to ${MAX_ID} characters, no control characters`,
    });
  }
  if (reason !== undefined && !isLine(reason, MAX_REASON)) {
    faults.push({ field: 'reason', message: `must have 1 to ${MAX_REASON} characters on one line` });
  }
  if (!isLine(requestedBy, MAX_REQUESTER)) faults.push({ field: 'requestedBy', message: 'must be given' });
  return faults;
}

/** Well-formed: a lone surrogate would be stored as another character, and two ids as one. */
function isLine(text: string, longest: number): boolean {
  return text.length > 0 && text.length <= longest && text.isWellFormed() && !/\p{Cc}/u.test(text);
}

function amountFaults(field: string, units: Units): FieldError[] {
  if (units <= 0n) return [{ field, message: 'must be positive' }];
  return units < AMOUNT_LIMIT ? [] : [{ field, message: 'must be below 10^18' }];
}
