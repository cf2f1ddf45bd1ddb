import { ExactNumber } from './json/exact.ts';

/** A partner's user id: 1 to 2^53 - 1, so that a double holds it exactly. */
export type UserId = number;

/** Message for a refused id. */
export const USER_ID_RULE = 'must be a positive integer below 2^53';

/**
 * A user id as anyone may write it: a JSON number or its digits as a string. `undefined` for everything else
 * (`1e3`, `1.0`, `+1`, leading zeros, full-width digits, 19 digits): an id is never guessed at nor rounded.
 */
export function parseUserId(value: unknown): UserId | undefined {
  const text = value instanceof ExactNumber ? value.source : value;
  if (typeof text === 'number') return Number.isSafeInteger(text) && text > 0 ? text : undefined;
  if (typeof text !== 'string' || !/^[1-9][0-9]{0,15}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}
