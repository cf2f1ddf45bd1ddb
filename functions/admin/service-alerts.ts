import { isOpen } from '../../lib/watch/alerts/alert-state.ts';
import type { AdminDeps } from './handlers.ts';

/**
 * What is wrong with calling a service. Of one that is gone nobody will see it right again; health and thresholds the
 * monitor resolves. What became of money stays, whoever has it.
 */
const OF_CALLS = [
  'CANARY_FAILED',
  'CAPTCHA_BALANCE_LOW',
  'CAPTCHA_BUDGET_SPENT',
  'CAPTCHA_SOLVER_STOPPED',
  'CREDENTIALS_REFUSED',
  'KEEPALIVE_FAILED',
  'LOGIN_ASKS',
  'LOGIN_LOCKED',
  'LOGIN_UNCLEAR',
  'SESSION_NEEDS_PERSON',
];
const MOST = 1_000;

/** Never fails what it comes after: an alert that is left is seen, and can be acknowledged. */
export async function resolveAlertsOf(
  code: string,
  { alerts, alertStore, log }: Pick<AdminDeps, 'alerts' | 'alertStore' | 'log'>,
): Promise<void> {
  try {
    const { items } = await alertStore.list({ limit: MOST });
    const gone = items.filter(
      (alert) =>
        isOpen(alert) &&
        OF_CALLS.includes(alert.kind) &&
        // `CODE`, or one of its accounts.
        alert.subject.split('/')[0] === code,
    );
    await Promise.all(gone.map(({ kind, subject }) => alerts.resolve(kind, subject)));
  } catch (error) {
    log.error('Alerts of a service that is gone were not resolved.', { service: code, error });
  }
}
