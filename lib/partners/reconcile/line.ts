/** One line of a partner's list: an order, as the partner says that it was carried out. */
import { isProblem, parseDecimal } from '../../ledger/decimal.ts';
import type { Units } from '../../ledger/decimal.ts';
import type { TransferStatus } from '../../ledger/ledger.ts';
import { ExactNumber } from '../../text/json/exact.ts';
import { UserIdInput } from '../../text/user-id-input.ts';

/** What a list has to say of each order. */
export const COLUMNS = ['transactionId', 'type', 'userId', 'usdtAmount'] as const;
export const OPTIONAL = ['status'] as const;
export type Column = (typeof COLUMNS)[number] | (typeof OPTIONAL)[number];

const TYPES = ['deposit', 'withdraw'] as const;
export type OrderType = (typeof TYPES)[number];
const STATUSES: readonly TransferStatus[] = ['SETTLED', 'PENDING', 'REJECTED', 'DEAD'];

export interface ListedOrder {
  /** Of the file, the first is 1. */
  line: number;
  transactionId: string;
  type: OrderType;
  /** Digits. */
  userId: string;
  usdtAmount: Units;
  /** Absent: the list has only what was carried out. */
  status?: TransferStatus;
}

/** A line that cannot be taken. */
export interface LineFault {
  field: string;
  message: string;
}

export const faultAt = (line: number, message: string): LineFault => ({ field: `line ${line}`, message });

/** @param values of the columns; texts, or numbers as their digits. Others of the line are nobody's business. */
export function readOrder(line: number, values: Record<string, unknown>): ListedOrder | LineFault {
  try {
    const status = optional(values['status']);
    return {
      line,
      transactionId: transactionIdOf(required(values, 'transactionId')),
      type: oneOf(TYPES, 'type', text(required(values, 'type'))),
      userId: userIdOf(required(values, 'userId')),
      usdtAmount: amountOf(required(values, 'usdtAmount')),
      ...(status !== undefined && { status: oneOf(STATUSES, 'status', text(status)) }),
    };
  } catch (error) {
    if (error instanceof WrongValue) return faultAt(line, error.message);
    throw error;
  }
}

export const isFault = (value: ListedOrder | LineFault): value is LineFault => 'field' in value;

/** Its message begins with the column's name and holds no value. */
class WrongValue extends Error {}
const wrong = (problem: string) => new WrongValue(problem);

const optional = (value: unknown): unknown => (value === '' || value === null ? undefined : value);

function required(values: Record<string, unknown>, column: Column): unknown {
  const value = optional(values[column]);
  if (value === undefined) throw wrong(`${column} is missing`);
  return value;
}

function transactionIdOf(value: unknown): string {
  if (typeof value !== 'string') throw wrong('transactionId must be a text');
  const fits = value.length <= 128 && value.isWellFormed() && !/\p{Cc}/u.test(value);
  if (!fits) throw wrong('transactionId must have 1 to 128 characters, no control characters');
  return value;
}

function userIdOf(value: unknown): string {
  const { data } = UserIdInput.safeParse(text(value));
  if (data === undefined) throw wrong('userId must be a positive integer below 2^53');
  return String(data);
}

function amountOf(value: unknown): Units {
  const units = parseDecimal(text(value));
  if (isProblem(units)) throw wrong(`usdtAmount ${units.problem}`);
  if (units <= 0n) throw wrong('usdtAmount must be positive');
  return units;
}

function oneOf<T extends string>(known: readonly T[], column: Column, value: string): T {
  const found = known.find((each) => each === value);
  if (found === undefined) throw wrong(`${column} must be one of ${known.join(', ')}`);
  return found;
}

function text(value: unknown): string {
  if (value instanceof ExactNumber) return value.source;
  return typeof value === 'string' ? value : '';
}
