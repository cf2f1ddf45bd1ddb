/** The writes that take a queued transfer on: docs/builders/settlement.md has its states. */
import { conditionHeld } from '../../vendors/dynamodb/condition-held.ts';
import type { AccountDeps } from '../accounts.ts';
import { ordered, unsettledItem } from '../items.ts';
import type { GivenUp, Queued, TransferRow } from '../items.ts';
import type { StateOfTransfer, Transfer } from '../ledger.ts';
import { postingOf } from '../posting-attempt.ts';
import type { Posting } from '../posting-attempt.ts';
import { isAsSeen } from '../transfer-state.ts';

/** A row in state PENDING. */
export type PendingRow = TransferRow & { queued: Queued };

export const isPending = (row: TransferRow): row is PendingRow =>
  row.transfer.status === 'PENDING' && row.queued !== undefined;

/** After so many seconds a transfer is tried again that could not be posted through our own fault. */
const RETRY_AFTER_SECONDS = [1, 2, 4, 8, 15, 30, 60];
/** How long whoever claims a row has it, milliseconds. */
const CLAIM_MS = 60_000;

/** Everything that moves money is on the row: settings may have changed since it was accepted. */
export const pendingPosting = ({ transfer, queued, fingerprint, attemptId }: PendingRow): Posting =>
  postingOf(transfer, { shard: queued.shard, fingerprint, attemptId });

/** @param tries how often it was sent this time, the successful one included. */
export function settledFrom({ transfer }: PendingRow, tries: number, settledAt: string): Transfer {
  return ordered({
    ...transfer,
    status: 'SETTLED',
    settledAt,
    attempts: transfer.attempts + tries,
    history: [...transfer.history, { status: 'SETTLED', at: settledAt }],
  });
}

/** PENDING → REJECTED. */
export const refused = (row: PendingRow, tries: number, at: string, code: string): TransferRow =>
  left(row, tries, { status: 'REJECTED', at, cause: code });

/** PENDING → DEAD. */
export const givenUp = (row: PendingRow, tries: number, at: string, dead: GivenUp): TransferRow => ({
  ...left(row, tries, { status: 'DEAD', at, cause: dead.code }),
  queued: row.queued,
  dead,
});

/** PENDING, due later; `undefined`: it has been tried often enough. */
export function putOff(row: PendingRow, tries: number, now: number): PendingRow | undefined {
  const { transfer, queued } = row;
  const seconds = RETRY_AFTER_SECONDS[queued.failures];
  if (seconds === undefined) return undefined;
  return {
    ...row,
    transfer: { ...transfer, attempts: transfer.attempts + tries },
    queued: { ...queued, failures: queued.failures + 1, dueAt: isoTime(now + seconds * 1_000) },
  };
}

/** DEAD → PENDING, for a new round. */
export function redriven(row: TransferRow & { queued: Queued }, now: number, turnMs: number): TransferRow {
  const { dead: _, ...rest } = row;
  const { transfer, queued, version } = rest;
  return {
    ...rest,
    transfer: {
      ...transfer,
      status: 'PENDING',
      history: [...transfer.history, { status: 'PENDING', at: isoTime(now) }],
    },
    version: version + 1,
    queued: { ...queued, failures: 0, dueAt: isoTime(now + turnMs) },
  };
}

/** @returns false where somebody has taken the row on meanwhile. */
export async function replaceRow(
  { documents, table }: AccountDeps,
  seen: TransferRow,
  next: TransferRow,
): Promise<boolean> {
  return conditionHeld(documents.put(table, unsettledItem(next), isAsSeen(seen)));
}

/** PENDING, ours for a while. @returns false where somebody else has it, or has taken it on. */
export async function claim(
  { documents, table }: AccountDeps,
  row: PendingRow,
  now: number,
): Promise<PendingRow | undefined> {
  const claimed = { ...row, queued: { ...row.queued, dueAt: isoTime(now + CLAIM_MS) } };
  const { condition, names, values } = isAsSeen(row);
  const isOurs = await conditionHeld(
    documents.put(table, unsettledItem(claimed), {
      condition: `${condition} AND dueAt = :dueAt`,
      ...(names && { names }),
      values: { ...values, ':dueAt': row.queued.dueAt },
    }),
  );
  return isOurs ? claimed : undefined;
}

function left(row: PendingRow, tries: number, state: StateOfTransfer): TransferRow {
  const { transfer, fingerprint, attemptId, version } = row;
  return {
    fingerprint,
    attemptId,
    transfer: {
      ...transfer,
      status: state.status,
      attempts: transfer.attempts + tries,
      history: [...transfer.history, state],
    },
    version: version + 1,
  };
}

const isoTime = (ms: number): string => new Date(ms).toISOString();
