import { invalid } from '../runtime/field-errors.ts';
import { ExactNumber } from '../text/json/exact.ts';
import { parseUserId, USER_ID_RULE } from '../text/user-id.ts';
import type { UserId } from '../text/user-id.ts';

/** Levels of superiors that a claim names, and generations of a downline that are kept. */
export const LEVELS = 3;

/** @throws GatewayError `VALIDATION_FAILED` naming `field`. */
export function userIdOf(value: unknown, field: string): UserId {
  const uid = parseUserId(value);
  if (uid === undefined) throw invalid(field, USER_ID_RULE);
  return uid;
}

/** How partners write "no user" at a level: 0, "0", "", null, absent. */
export function isNoUser(value: unknown): boolean {
  const plain = value instanceof ExactNumber ? value.source : value;
  return plain === undefined || plain === null || plain === '' || plain === 0 || plain === '0';
}

/**
 * The one rule for a list of superiors: nearest first, ids as `parseUserId` takes them; an absent list is empty,
 * and empty levels at its end are dropped.
 * @throws GatewayError `VALIDATION_FAILED` for no list, more than three, a gap, a duplicate, or `uid` itself.
 */
export function superiorsOf(uid: UserId, list: unknown, field = 'superiors'): UserId[] {
  const values: unknown = list ?? [];
  if (!Array.isArray(values)) throw invalid(field, 'must be a list of at most three user ids');
  if (values.length > LEVELS) throw invalid(field, 'must hold at most three user ids');
  const superiors: UserId[] = [];
  for (const [index, value] of values.entries()) {
    const at = `${field}.${index}`;
    if (isNoUser(value)) continue;
    const superior = userIdOf(value, at);
    if (superiors.length < index) throw invalid(at, 'follows an empty level');
    if (superior === uid) throw invalid(at, 'is the user whose superiors these are');
    if (superiors.includes(superior)) throw invalid(at, 'is a duplicate');
    superiors.push(superior);
  }
  return superiors;
}
