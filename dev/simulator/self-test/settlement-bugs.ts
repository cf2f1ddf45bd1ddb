/** In what was accepted and is settled later, and in what operators see of the books. */
import type { Bug } from './bug.ts';

export const SETTLEMENT_BUGS: Bug[] = [
  {
    name: 'the sweep of every minute has nothing settled: what was put off by a worker that died stays pending',
    file: 'functions/monitor/pending-transfers.ts',
    right: 'if (firstDueAt < now + MINUTE_MS) await deps.invokeSettle();',
    wrong: 'if (firstDueAt < now - 10 * 60 * MINUTE_MS) await deps.invokeSettle();',
  },
  {
    name: 'an order is accepted whatever stands under its id',
    file: 'lib/ledger/settlement/accept.ts',
    right: 'unsettledItem(row), isAsSeen(refusal));',
    wrong: 'unsettledItem(row));',
  },
  {
    name: 'a queued transfer forgets what it was before',
    file: 'lib/ledger/settlement/pending.ts',
    right: "history: [...transfer.history, { status: 'SETTLED', at: settledAt }],",
    wrong: "history: [{ status: 'SETTLED', at: settledAt }],",
  },
  {
    name: 'settled queued transfers take the time of a try for their own: two answers of one order',
    file: 'lib/partners/urs/actions.ts',
    right: '    settledAt: transfer.settledAt,',
    wrong: '    settledAt: new Date().toISOString(),',
  },
  {
    name: 'users and houses that the index lacks are called an imbalance (M6)',
    file: 'lib/ledger/trial-balance.ts',
    right: 'if (found.isMissing) found = await lookAtAll(deps, plan);',
    wrong: 'if (found.isMissing) found = { ...found, consistent: true };',
  },
];
