import { createSubscriptions } from '../../lib/events/subscriptions.ts';
import { once } from '../../lib/runtime/once.ts';
import { recipientParts } from './recipient-parts.ts';

export const subscriptions = once(() => createSubscriptions(recipientParts()));
