/** What the envelope of each action holds, read exactly (SPEC 7). */
import { ExactNumber, parseExact } from '../../text/json/exact.ts';
import type { ExactJson, ExactObject } from '../../text/json/exact.ts';
import { isProblem, parseDecimal } from '../../ledger/decimal.ts';
import type { Units } from '../../ledger/decimal.ts';
import { WebhookRefused } from '../reply.ts';

export interface OrderPayload {
  /** Digits, as they came. */
  userId: string;
  /** Positive. */
  usdtAmount: Units;
}

export interface MovementPayload extends OrderPayload {
  transactionId: string;
}

export interface RegisterPayload {
  uid: number;
  /** Nearest first; at most three. */
  superiors: number[];
}

const MAX_TRANSACTION_ID = 128;

/** @throws WebhookRefused `VALIDATION_FAILED` naming the field. */
export function readObject(text: string): ExactObject {
  const value = parseExact(text);
  if (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ExactNumber)
  ) {
    return value;
  }
  return invalid('payload', 'must be an object');
}

/** @param houses user ids that are house accounts: no order may name them. */
export function readOrder(payload: ExactObject, houses: readonly string[]): OrderPayload {
  const userId = String(positiveInteger(payload['userId'], 'userId'));
  if (houses.includes(userId)) return invalid('userId', 'is a house account');
  return { userId, usdtAmount: amount(payload['usdtAmount'], 'usdtAmount') };
}

export function readMovement(payload: ExactObject, houses: readonly string[]): MovementPayload {
  return { ...readOrder(payload, houses), transactionId: transactionId(payload['transactionId']) };
}

export function readRegistration(payload: ExactObject): RegisterPayload {
  const uid = positiveInteger(payload['uid'], 'uid');
  const list = payload['superiors'] ?? [];
  if (!Array.isArray(list)) return invalid('superiors', 'must be a list of at most three user ids');
  if (list.length > 3) return invalid('superiors', 'must hold at most three user ids');
  const superiors: number[] = [];
  for (const [index, value] of list.entries()) {
    const field = `superiors.${index}`;
    if (value === null || isZero(value)) {
      // Nobody there: then nobody further up either.
      if (list.slice(index + 1).some((above) => above !== null && !isZero(above))) {
        return invalid(field, 'is nobody although there is somebody above');
      }
      break;
    }
    superiors.push(positiveInteger(value, field));
  }
  return { uid, superiors };
}

const isZero = (value: ExactJson) => value instanceof ExactNumber && value.source === '0';

/** A JSON integer, or the same digits as a string, as PHP may print an id. */
function positiveInteger(value: ExactJson | undefined, field: string): number {
  const digits = value instanceof ExactNumber ? value.source : value;
  if (typeof digits !== 'string' || !/^[1-9][0-9]{0,15}$/.test(digits)) {
    return invalid(field, 'must be a positive integer');
  }
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : invalid(field, 'is too large for a user id');
}

function amount(value: ExactJson | undefined, field: string): Units {
  const source = value instanceof ExactNumber ? value.source : value;
  if (typeof source !== 'string') return invalid(field, 'must be a number or a decimal string');
  const units = parseDecimal(source);
  if (isProblem(units)) return invalid(field, units.problem);
  return units > 0n ? units : invalid(field, 'must be greater than zero');
}

function transactionId(value: ExactJson | undefined): string {
  const field = 'transactionId';
  const text = value instanceof ExactNumber && /^[0-9]{1,32}$/.test(value.source) ? value.source : value;
  if (typeof text !== 'string' || text.trim() === '') return invalid(field, 'must be a text');
  if (text.length > MAX_TRANSACTION_ID)
    return invalid(field, `must be at most ${MAX_TRANSACTION_ID} characters`);
  if (/\p{C}/u.test(text)) return invalid(field, 'must hold no control characters');
  return text;
}

export function invalid(field: string, message: string): never {
  throw new WebhookRefused('VALIDATION_FAILED', `${field} ${message}.`, { field });
}
