import { readable } from '../../lib/ledger/settlement/due.ts';
import type { PendingRow } from '../../lib/ledger/settlement/pending.ts';
import { settleBatch } from '../../lib/ledger/settlement/settle-batch.ts';
import type { SettlementDeps } from '../../lib/ledger/settlement/settle-one.ts';
import { settleDue, tallyOf } from '../../lib/ledger/settlement/settle-due.ts';
import type { Tally } from '../../lib/ledger/settlement/settle-due.ts';
import { becamePending } from '../../lib/ledger/settlement/stream.ts';
import type { Deadline } from '../../lib/runtime/clock.ts';
import { readStreamBatch } from '../../lib/vendors/dynamodb/stream-records.ts';
import type { StreamAnswer } from '../../lib/vendors/dynamodb/stream-records.ts';

export interface SettleDeps extends SettlementDeps {
  /** Has this function invoked, for what is due later. */
  invokeLater: () => Promise<void>;
}

export interface SettleAnswer extends StreamAnswer {
  tally: Tally;
}

/** A batch of the stream; anything else: what is due, and what becomes due while there is time. */
export async function runSettle(event: unknown, deadline: Deadline, deps: SettleDeps): Promise<SettleAnswer> {
  const batch = readStreamBatch(event);
  if (!batch) return { batchItemFailures: [], tally: await settleDue(deadline.at, deps) };
  const sequenceNumbers = new Map<PendingRow, string>();
  for (const { after, sequenceNumber } of batch.changes.filter(becamePending)) {
    const row = await readable(after!, deps.alerts);
    if (row) sequenceNumbers.set(row, sequenceNumber);
  }
  const settled = await settleBatch([...sequenceNumbers.keys()], deps);
  const tally = tallyOf(settled);
  // The sweep of the next minute finds what is put off, wherever nobody is invoked.
  if (tally.putOff !== undefined) await deps.invokeLater().catch(() => undefined);
  const unwritten = settled.filter(({ outcome }) => outcome === undefined);
  return {
    batchItemFailures: unwritten.map(({ row }) => ({ itemIdentifier: sequenceNumbers.get(row)! })),
    tally,
  };
}
