/** Reads and validates the members of a partner's payload. Digits stay exact. */
import { isProblem, parseDecimal } from '../ledger/decimal.ts';
import type { Units } from '../ledger/decimal.ts';
import { ExactNumber } from '../text/json/exact.ts';
import type { ExactJson, ExactObject } from '../text/json/exact.ts';
import { parseUserId, USER_ID_RULE } from '../text/user-id.ts';
import { invalid } from './reply.ts';

const MAX_TRANSACTION_ID = 128;
const IS_MISSING = 'is missing';

export const isObject = (value: ExactJson): value is ExactObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** @throws WebhookRefused `VALIDATION_FAILED`, as all of these, naming the field. */
export const objectOf = (payload: ExactJson): ExactObject =>
  isObject(payload) ? payload : invalid('payload', 'must be an object');

/** A JSON integer, or the same digits as a string, as PHP may print an id. */
export function userIdOf(value: ExactJson | undefined, field: string): number {
  if (value === undefined) return invalid(field, IS_MISSING);
  return parseUserId(value) ?? invalid(field, USER_ID_RULE);
}

/** Positive. A JSON number, or a decimal string. */
export function amountOf(value: ExactJson | undefined, field: string): Units {
  if (value === undefined) return invalid(field, IS_MISSING);
  const source = value instanceof ExactNumber ? value.source : value;
  if (typeof source !== 'string') return invalid(field, 'must be a number or a decimal string');
  const units = parseDecimal(source);
  if (isProblem(units)) return invalid(field, units.problem);
  return units > 0n ? units : invalid(field, 'must be greater than zero');
}

/** Text, or a whole number's digits. */
export function transactionIdOf(value: ExactJson | undefined, field: string): string {
  const text = value instanceof ExactNumber && /^[0-9]{1,32}$/.test(value.source) ? value.source : value;
  if (text === undefined) return invalid(field, IS_MISSING);
  if (typeof text !== 'string' || text.trim() === '') return invalid(field, 'must be text');
  if (text.length > MAX_TRANSACTION_ID)
    return invalid(field, `must be at most ${MAX_TRANSACTION_ID} characters`);
  if (/\p{C}/u.test(text)) return invalid(field, 'must not contain control characters');
  // It is a segment of a path (GET /v1/transfers/{transactionId}), and API Gateway decodes those.
  if (text.includes('/') || text === '.' || text === '..')
    return invalid(field, 'must not contain a slash, nor be "." or ".."');
  return text;
}
