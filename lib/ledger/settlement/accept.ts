/** Takes an order on, to be posted from the table's stream: one write, which is the outbox too. */
import type { Clock } from '../../runtime/clock.ts';
import { ConditionFailed } from '../../vendors/dynamodb/documents.ts';
import type { AccountDeps } from '../accounts.ts';
import { unsettledItem } from '../items.ts';
import type { TransferRow } from '../items.ts';
import type { Posted } from '../ledger.ts';
import { orderOf } from '../posting-attempt.ts';
import type { PostingAttempt } from '../posting-attempt.ts';
import { standingInTheWay } from '../standing.ts';
import { isAsSeen } from '../transfer-state.ts';

/** The stream's turn, milliseconds: until then no sweep takes the row. */
export const STREAM_TURN_MS = 15_000;

/**
 * One try: (no row) → PENDING; or, on top of a refusal that was read, REJECTED → PENDING.
 * @returns `undefined` where nothing was decided. @throws what `standingInTheWay` throws.
 */
export async function accept(
  deps: AccountDeps & { clock: Clock },
  attempt: PostingAttempt,
  refusal?: TransferRow,
): Promise<Posted | undefined> {
  const row = pendingRow(attempt, deps.clock.now(), refusal);
  try {
    await deps.documents.put(deps.table, unsettledItem(row), isAsSeen(refusal));
    return { transfer: row.transfer, replayed: false };
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const standing = await standingInTheWay(deps, attempt.input, attempt, error.item);
    if (!standing?.refusal) return standing?.posted;
    const mayGoOn = !refusal && deps.clock.now() < attempt.deadlineAt;
    return mayGoOn ? accept(deps, attempt, standing.refusal) : undefined;
  }
}

function pendingRow(attempt: PostingAttempt, now: number, refusal: TransferRow | undefined): TransferRow {
  const { shard, fingerprint, attemptId } = attempt;
  const before = refusal?.transfer;
  return {
    transfer: {
      ...orderOf(attempt),
      ...(before && { createdAt: before.createdAt }),
      status: 'PENDING',
      attempts: before?.attempts ?? 0,
      history: [...(before?.history ?? []), { status: 'PENDING', at: new Date(now).toISOString() }],
    },
    fingerprint,
    attemptId,
    version: refusal ? refusal.version + 1 : 0,
    queued: { shard, failures: 0, dueAt: new Date(now + STREAM_TURN_MS).toISOString() },
  };
}
