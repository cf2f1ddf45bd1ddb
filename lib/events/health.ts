/** Whether a subscriber's endpoint is alive at all: one that is not is left alone, and people are told. */
import type { Clock } from '../runtime/clock.ts';
import type { Alerts } from '../watch/alerts/alerts.ts';
import type { Health } from './outlet.ts';
import type { DisabledReason, Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Kinds of the alerts about a subscription; `subject` is its id. */
const SUBSCRIPTION_DISABLED = 'SUBSCRIPTION_DISABLED';
const SUBSCRIPTION_SECRET_LOST = 'SUBSCRIPTION_SECRET_LOST';

export interface HealthDeps {
  subscriptions: Pick<Subscriptions, 'disable' | 'noteFailing'>;
  alerts: Alerts;
  clock: Clock;
}

const DISABLED_AFTER_MS = 5 * 24 * 3_600_000;
const WHY: Record<Exclude<DisabledReason, 'PERSON'>, string> = {
  GONE: 'answered 410 (gone)',
  FAILING: 'has failed for five days without one success',
};

/** Of one run. */
export function createHealth(
  { id, url, failingSince }: Subscription,
  { subscriptions, alerts, clock }: HealthDeps,
): Health {
  let since = failingSince;
  let disabled = false;

  async function disable(reason: keyof typeof WHY): Promise<void> {
    if (disabled) return;
    disabled = true;
    await subscriptions.disable(id, reason);
    await alerts.raise({
      kind: SUBSCRIPTION_DISABLED,
      subject: id,
      severity: 'critical',
      // Not the whole address: its path may be a secret of the subscriber's.
      summary: `The subscriber at ${new URL(url).host} ${WHY[reason]}: nothing is sent to it until it is enabled again.`,
    });
  }

  return {
    isDisabled: () => disabled,

    async succeeded() {
      if (since === undefined) return;
      await subscriptions.noteFailing(id, undefined);
      since = undefined;
    },

    async failed({ status, at }) {
      if (status === 410) return disable('GONE');
      if (since === undefined) {
        since = at;
        await subscriptions.noteFailing(id, at);
      } else if (clock.now() - Date.parse(since) >= DISABLED_AFTER_MS) await disable('FAILING');
    },

    unreadable: () =>
      alerts.raise({
        kind: SUBSCRIPTION_SECRET_LOST,
        subject: id,
        severity: 'critical',
        summary: `The secret of subscription ${id} can no longer be opened: it has to be rotated; deliveries wait.`,
      }),
  };
}

/** A person has seen to it. */
export async function resolveSubscriptionAlerts(
  id: string,
  alerts: Alerts,
  about: 'all' | 'secret' = 'all',
): Promise<void> {
  await alerts.resolve(SUBSCRIPTION_SECRET_LOST, id);
  if (about === 'all') await alerts.resolve(SUBSCRIPTION_DISABLED, id);
}
