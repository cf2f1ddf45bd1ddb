/** Posts one queued transfer, or writes on its row why not. */
import { TransactionCancelled } from '../../vendors/dynamodb/documents.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import { backOff } from '../contention.ts';
import { settling, unwritable } from '../posting-attempt.ts';
import type { PostingDeps } from '../posting.ts';
import { cancellationOf } from '../transfer-state.ts';
import { refuseUnfit } from '../unfit-balance.ts';
import { alertCorruptRow } from '../watched-ledger.ts';
import type { GivenUp } from '../items.ts';
import { givenUp, pendingPosting, putOff, refused, replaceRow, settledFrom } from './pending.ts';
import type { PendingRow } from './pending.ts';

export interface SettlementDeps extends PostingDeps {
  alerts: Alerts;
  log: { error(message: string, fields?: Record<string, unknown>): void };
}

/**
 * `gone`: somebody else has taken it on. `putOff`: our own fault, it is tried again. `DEAD`: given up.
 */
export type SettlementOutcome = 'SETTLED' | 'REJECTED' | 'DEAD' | 'putOff' | 'gone';

/** How long contention is met with another try before the transfer is put off, milliseconds. */
const PATIENCE_MS = 3_000;

/** @throws `STORE_UNAVAILABLE` where not even what went wrong could be written. */
export async function settleOne(row: PendingRow, deps: SettlementDeps): Promise<SettlementOutcome> {
  const patience = { ...deps, deadlineAt: deps.clock.now() + PATIENCE_MS };
  for (let tries = 1; ; tries++) {
    let trouble: unknown;
    try {
      const outcome = await settle(row, tries, deps);
      if (outcome) return outcome;
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE')) return failed(row, tries, error, deps);
      trouble = error;
    }
    try {
      await backOff(patience, tries, trouble);
    } catch (error) {
      return failed(row, tries, error, deps);
    }
  }
}

/** One try. @returns `undefined` where nothing was decided. */
async function settle(
  row: PendingRow,
  tries: number,
  deps: SettlementDeps,
): Promise<SettlementOutcome | undefined> {
  const posting = pendingPosting(row);
  const settledAt = timeOf(deps);
  const transfer = settledFrom(row, tries, settledAt);
  try {
    await deps.documents.transact(settling(deps.table, posting, transfer, { settledAt, seen: row }));
    return 'SETTLED';
  } catch (error) {
    if (!(error instanceof TransactionCancelled)) throw error;
    const cancellation = cancellationOf(error);
    if (cancellation.kind === 'contention') return undefined;
    if (cancellation.kind === 'impossible') throw unwritable(posting, cancellation.at);
    // Settled by an earlier try whose answer was lost, or by somebody else: it is settled.
    if (cancellation.row) return 'gone';
    refuseUnfit(posting.input.book, [cancellation.user, cancellation.house]);
    const code = cancellation.user && posting.debit ? 'INSUFFICIENT_FUNDS' : 'VALIDATION_FAILED';
    const isWritten = await replaceRow(deps, row, refused(row, tries, timeOf(deps), code));
    return isWritten ? 'REJECTED' : 'gone';
  }
}

/** Our own fault is tried again, so often; what no try can mend is given up. */
async function failed(
  row: PendingRow,
  tries: number,
  error: unknown,
  deps: SettlementDeps,
): Promise<SettlementOutcome> {
  const dead = causeOf(error);
  const { service, transactionId } = row.transfer;
  if (isGatewayError(error)) await alertCorruptRow(error, deps.alerts);
  const later = dead.cause === 'OURS' ? putOff(row, tries, deps.clock.now()) : undefined;
  if (later) return (await replaceRow(deps, row, later)) ? 'putOff' : 'gone';
  if (!(await replaceRow(deps, row, givenUp(row, tries, timeOf(deps), dead)))) return 'gone';
  deps.log.error('A transfer was given up.', { service, transactionId, code: dead.code, error });
  await deps.alerts.raise({
    kind: 'TRANSFER_DEAD',
    subject: service,
    severity: 'critical',
    summary: `A transfer that ${service} was told is accepted could not be settled: ${transactionId}. Mend the cause, then redrive it.`,
    details: { transactionId, code: dead.code, cause: dead.cause },
  });
  return 'DEAD';
}

function causeOf(error: unknown): GivenUp {
  if (!isGatewayError(error)) return { cause: 'OURS', code: 'INTERNAL', detail: 'An unexpected error.' };
  const { code, message } = error;
  return { cause: code === 'VALIDATION_FAILED' ? 'PARTNER' : 'OURS', code, detail: message };
}

const timeOf = ({ clock }: SettlementDeps): string => new Date(clock.now()).toISOString();
