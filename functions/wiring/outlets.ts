import { channelOutlets } from '../../lib/events/channels/channel-outlets.ts';
import { createOutlets } from '../../lib/events/outlet.ts';
import type { SendDeps } from '../../lib/events/send.ts';
import { subscriptionOutlets } from '../../lib/events/subscription-outlets.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { alertStore, alerts } from './alerts.ts';
import { channels } from './channels.ts';
import { config } from './environment.ts';
import { subscriptions } from './subscriptions.ts';

/** How those who are told of events are reached. */
export function outletsOver(transport: SendDeps['transport']) {
  const { awsCredentials, endpoints } = config();
  const deps = { transport, clock, alerts: alerts() };
  return createOutlets({
    subscription: subscriptionOutlets({ ...deps, subscriptions: subscriptions() }),
    channel: channelOutlets({
      ...deps,
      channels: channels(),
      alertStore: alertStore(),
      aws: awsCredentials && { ...awsCredentials, endpoint: endpoints.sns },
    }),
  });
}
