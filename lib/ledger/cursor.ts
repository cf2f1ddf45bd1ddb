import * as z from 'zod';
import { GatewayError } from '../runtime/errors.ts';
import { formatDecimal, isProblem, parseTotal } from './decimal.ts';
import type { Units } from './decimal.ts';

/** Where a statement goes on: older than `before`, and what the account held just before that line. */
export interface StatementCursor {
  before: string;
  balance: Units;
}

const Wire = z.tuple([z.string(), z.string().max(512), z.string()]);

export function writeCursor(accountId: string, { before, balance }: StatementCursor): string {
  return Buffer.from(JSON.stringify([accountId, before, formatDecimal(balance)])).toString('base64url');
}

/** @throws `VALIDATION_FAILED` for one that is not of this account. */
export function readCursor(accountId: string, cursor: string): StatementCursor {
  const wire = Wire.safeParse(jsonOf(cursor));
  const balance = wire.success ? parseTotal(wire.data[2]) : undefined;
  if (!wire.success || balance === undefined || isProblem(balance) || wire.data[0] !== accountId) {
    throw invalid('cursor', 'is not one of this statement');
  }
  return { before: wire.data[1], balance };
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** An ISO time as a bound of sort keys, in the form they carry. */
export function bound(field: 'from' | 'to', time: string | undefined): string | undefined {
  if (time === undefined) return undefined;
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw invalid(field, 'is not a time');
  return new Date(at).toISOString();
}

export function invalid(field: string, message: string): GatewayError {
  return new GatewayError('VALIDATION_FAILED', `${field} ${message}.`, { fields: [{ field, message }] });
}
