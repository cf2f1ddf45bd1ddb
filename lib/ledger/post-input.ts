import { GatewayError } from '../runtime/errors.ts';
import type { FieldError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import { AMOUNT_LIMIT } from './decimal.ts';
import type { Units } from './decimal.ts';
import { parseAccountId } from './account-id.ts';
import type { AccountId, AccountName } from './account-id.ts';
import { checkBook } from './book.ts';
import type { Book } from './book.ts';
import type { TransferId } from './keys.ts';
import type { OrderContent, PostInput } from './ledger.ts';

export interface Parties {
  user: AccountId;
  house: AccountId;
  /** Does the user pay? */
  debit: boolean;
}

const MAX_ID = 128;
const MAX_SERVICE = 64;
const MAX_REASON = 200;
const MAX_REQUESTER = 128;

/**
 * No transfer was ever made under any other, and DynamoDB would not look for one that is much longer.
 * @throws `VALIDATION_FAILED` for half a character: that is no text, and DynamoDB would not take it.
 */
export function mayBeTransferId(id: TransferId): boolean {
  for (const field of ['service', 'transactionId'] as const)
    if (!id[field].isWellFormed()) throw invalid(field, 'holds half a character');
  const { service, transactionId } = id;
  return service.length <= MAX_SERVICE && !service.includes('#') && transactionId.length <= MAX_ID;
}

/**
 * Who pays whom, once everything about the order has been checked that needs no store.
 * @throws `VALIDATION_FAILED` naming every field at fault; `CONFIGURATION_ERROR` for a book that cannot be kept.
 */
export function partiesOf(input: PostInput): Parties {
  checkBook(input.book);
  const debit = input.house === 'to';
  const [house, user] = debit ? [input.to, input.from] : [input.from, input.to];
  const faults: FieldError[] = [
    ...identity(input),
    ...amountFaults('amount', input.amount),
    ...(input.asked ? amountFaults('asked.amount', input.asked.amount) : []),
    ...houseFaults(input.house, parseAccountId(house), input.book),
    ...userFaults(parseAccountId(user), input.book),
  ];
  if (faults.length > 0) {
    const words = faults.map(({ field, message }) => `${field} ${message}`).join('; ');
    throw new GatewayError('VALIDATION_FAILED', `${words}.`, { fields: faults });
  }
  return { user, house, debit };
}

/** What makes it this order and no other. */
export const contentOf = ({ type, house, amount, asked }: PostInput, { user }: Parties): OrderContent => ({
  type,
  house,
  userId: parseAccountId(user)!.id,
  wanted: asked ?? { amount },
});

function houseFaults(field: string, house: AccountName | undefined, book: Book): FieldError[] {
  const known = house?.kind === 'house' && house.book === book.name && book.houses.includes(house.id);
  return known ? [] : [{ field, message: 'is no house account of the book' }];
}

function userFaults(user: AccountName | undefined, book: Book): FieldError[] {
  const field = 'userId';
  if (user?.kind !== 'user' || user.book !== book.name) return [{ field, message: 'is no user of the book' }];
  return book.houses.includes(user.id) ? [{ field, message: 'is a house account' }] : [];
}

function identity({ service, transactionId, reason, requestedBy }: PostInput): FieldError[] {
  const faults: FieldError[] = [];
  if (!isLine(service, MAX_SERVICE) || service.includes('#')) {
    faults.push({ field: 'service', message: `must have 1 to ${MAX_SERVICE} characters, no "#"` });
  }
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
