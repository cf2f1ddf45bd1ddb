import type { Clock } from '../../lib/runtime/clock.ts';
import type { EmfLine } from '../../lib/vendors/log/emf.ts';
import { isOpen } from '../../lib/watch/alerts/alert-state.ts';
import type { AlertStore } from '../../lib/watch/alerts/alerts.ts';
import type { MinuteTask } from './monitor.ts';

export interface OpenAlertsDeps {
  alertStore: Pick<AlertStore, 'list'>;
  clock: Clock;
  emit: (line: EmfLine) => void;
}

/** Alerts that the books contradict themselves: docs/users/watching.md. */
export const DRIFT = new Set(['LEDGER_UNBALANCED', 'LEDGER_TAMPERED', 'LEDGER_CORRUPT', 'AUDIT_TAMPERED']);

/** Alerts as metrics: CloudWatch rings also where no channel of ours takes a message. */
export const openAlerts = ({ alertStore, clock, emit }: OpenAlertsDeps): MinuteTask => ({
  name: 'open-alerts',
  async run() {
    const { items } = await alertStore.list({ limit: 1_000 });
    const count = (isOne: (alert: (typeof items)[number]) => boolean) => ({
      unit: 'Count' as const,
      value: items.filter(isOne).length,
    });
    emit({
      at: clock.now(),
      dimensions: [['function']],
      metrics: {
        // What somebody has acknowledged rings no longer; that the books do not add up does until they do.
        criticalAlerts: count(({ state, severity }) => state === 'firing' && severity === 'critical'),
        ledgerDrift: count((alert) => isOpen(alert) && DRIFT.has(alert.kind)),
      },
      fields: { function: 'monitor' },
    });
  },
});
