import * as z from 'zod';
import type { CursorCodec, Cursors } from '../text/cursors.ts';
import { invalid } from '../runtime/field-errors.ts';
import type { AccountId } from './account-id.ts';

/** Where a statement goes on: older than `before`, and what the account held just before that line. */
const StatementPosition = z.object({
  before: z.string(),
  /** Units, in digits: JSON has no bigint. */
  balance: z
    .string()
    .regex(/^-?\d+$/)
    .transform(BigInt),
});
export type StatementPosition = z.output<typeof StatementPosition>;

/** Of one account: another's says nothing about its balance. */
export const statementCursors = (
  cursors: Cursors,
  account: AccountId,
): CursorCodec<typeof StatementPosition> => cursors.of(`entries ${account}`, StatementPosition);

/** An ISO time as a bound of sort keys, in the form they carry. */
export function bound(field: 'from' | 'to', time: string | undefined): string | undefined {
  if (time === undefined) return undefined;
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw invalid(field, 'is not a time');
  return new Date(at).toISOString();
}
