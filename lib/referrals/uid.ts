import * as z from 'zod';
import { GatewayError } from '../runtime/errors.ts';
import { ExactNumber } from '../text/json/exact.ts';

/** A URS user id: 1 to 2^53 - 1, so that a double holds it exactly. */
export type Uid = number;

/**
 * A user id as anybody may write it: a JSON number or its digits as a string. `undefined` for everything else
 * (`1e3`, `1.0`, `+1`, leading zeros, full-width digits, 19 digits): an id is never guessed at nor rounded.
 */
export function parseUid(value: unknown): Uid | undefined {
  const text = value instanceof ExactNumber ? value.source : value;
  if (typeof text === 'number') return Number.isSafeInteger(text) && text > 0 ? text : undefined;
  if (typeof text !== 'string' || !/^[1-9][0-9]{0,15}$/.test(text)) return undefined;
  const uid = Number(text);
  return Number.isSafeInteger(uid) ? uid : undefined;
}

const WANTED = 'must be a positive integer below 2^53';

/** `parseUid` as a schema. */
export const UidInput = z.union([z.string().max(32), z.number()]).transform((value, context): Uid => {
  const uid = parseUid(value);
  if (uid !== undefined) return uid;
  context.addIssue({ code: 'custom', message: WANTED });
  return z.NEVER;
});

/** @throws GatewayError `VALIDATION_FAILED` naming `field`. */
export function uidOf(value: unknown, field: string): Uid {
  const uid = parseUid(value);
  if (uid === undefined) throw invalid(field, WANTED);
  return uid;
}

/** How URS writes "nobody": 0, "0", "", null, absent. */
export function isNobody(value: unknown): boolean {
  const plain = value instanceof ExactNumber ? value.source : value;
  return plain === undefined || plain === null || plain === '' || plain === 0 || plain === '0';
}

/** URS knows three levels of superiors (seed 004). */
export const LEVELS = 3;

/**
 * Superiors, nearest first; trailing nobodies are dropped.
 * @throws GatewayError `VALIDATION_FAILED` for more than three, a gap, somebody twice, or `uid` himself.
 */
export function superiorsOf(uid: Uid, values: readonly unknown[], field = 'superiors'): Uid[] {
  if (values.length > LEVELS) throw invalid(field, `must be at most ${LEVELS}`);
  const superiors: Uid[] = [];
  for (const [index, value] of values.entries()) {
    const where = `${field}.${index}`;
    if (isNobody(value)) continue;
    const superior = uidOf(value, where);
    if (superiors.length < index) throw invalid(where, 'has nobody below');
    if (superior === uid) throw invalid(where, 'is the user himself');
    if (superiors.includes(superior)) throw invalid(where, 'is named twice');
    superiors.push(superior);
  }
  return superiors;
}

export function invalid(field: string, message: string): GatewayError {
  return new GatewayError('VALIDATION_FAILED', `${field}: ${message}`, { fields: [{ field, message }] });
}
