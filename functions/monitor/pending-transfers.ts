import { readBacklog } from '../../lib/ledger/settlement/backlog.ts';
import type { AccountDeps } from '../../lib/ledger/accounts.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { isOpen } from '../../lib/watch/alerts/alert-state.ts';
import type { Alerts, AlertStore } from '../../lib/watch/alerts/alerts.ts';
import type { EmfLine } from '../../lib/vendors/log/emf.ts';
import type { MinuteTask } from './monitor.ts';

export interface PendingTransfersDeps extends AccountDeps {
  alerts: Alerts;
  alertStore: Pick<AlertStore, 'list'>;
  clock: Clock;
  invokeSettle: () => Promise<void>;
  emit: (line: EmfLine) => void;
}

/** What becomes due before the next minute's run is settled by this one. */
const MINUTE_MS = 60_000;

/** Has what is due settled, measures how long the oldest transfer waits, and ends alerts of what was redriven. */
export const pendingTransfers = (deps: PendingTransfersDeps): MinuteTask => ({
  name: 'pending-transfers',
  async run() {
    const now = deps.clock.now();
    const { oldestSince, firstDueAt, deadServices } = await readBacklog(deps);
    const waited = oldestSince === undefined ? 0 : Math.max(0, now - oldestSince);
    deps.emit({
      at: now,
      dimensions: [['function']],
      metrics: { oldestPending: { unit: 'Milliseconds', value: waited } },
      fields: { function: 'monitor' },
    });
    if (firstDueAt < now + MINUTE_MS) await deps.invokeSettle();
    if (deadServices) await resolveMended(deadServices, deps);
  },
});

async function resolveMended(dead: Set<string>, { alerts, alertStore }: PendingTransfersDeps): Promise<void> {
  const { items } = await alertStore.list({ limit: 1_000 });
  for (const { kind, subject } of items.filter(isOpen))
    if (kind === 'TRANSFER_DEAD' && !dead.has(subject)) await alerts.resolve(kind, subject);
}
