/** How subscribers are told: Standard Webhooks, for almost a day; who fails for five days is left alone. */
import type { Deadline } from '../runtime/clock.ts';
import { createHealth } from './health.ts';
import type { HealthDeps } from './health.ts';
import type { Outlets } from './outlet.ts';
import { byStatus, post } from './send.ts';
import type { Message, SendDeps } from './send.ts';
import { standardWebhook } from './standard-webhook.ts';
import type { Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface SubscriptionOutletsDeps extends SendDeps, HealthDeps {
  subscriptions: HealthDeps['subscriptions'] & Pick<Subscriptions, 'secretsOf'>;
}

/** SPEC 7 */
const RETRY_SECONDS = [5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200];

export const subscriptionOutlets = (deps: SubscriptionOutletsDeps): Outlets<Subscription> => ({
  async open(subscription) {
    const { subscriptions, clock } = deps;
    const secrets = await subscriptions.secretsOf(subscription);
    return (
      secrets && {
        retrySeconds: RETRY_SECONDS,
        send: (message: Message, deadline: Deadline) =>
          post(
            standardWebhook({ url: subscription.url, secrets }, message, clock.now()),
            byStatus,
            deadline,
            deps,
          ),
      }
    );
  },
  healthOf: (subscription) => createHealth(subscription, deps),
});
