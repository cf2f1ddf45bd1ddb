/** Who in the business is told of what. */
import { EVENT_TYPES } from './event.ts';
import type { BusinessEvent } from './event.ts';

/** `transfer.settled`, all of a kind (`transfer.*`), or `*`. */
export const EVENT_PATTERNS: readonly string[] = [
  '*',
  ...new Set(EVENT_TYPES.map((type) => `${kindOf(type)}.*`)),
  ...EVENT_TYPES,
];

/** Why nothing is sent: a person said so, the endpoint answered 410, or it failed for five days. */
export type DisabledReason = 'PERSON' | 'GONE' | 'FAILING';

/** What may be shown of it: never its secret. Times are ISO 8601, UTC. */
export interface SubscriptionInfo {
  id: string;
  url: string;
  /** Patterns: `EVENT_PATTERNS`. */
  events: string[];
  /** Codes; absent: of all services, and of none. */
  services?: string[];
  description?: string;
  /** The events of one account are sent one after the other, each when the one before has ended. */
  ordered: boolean;
  enabled: boolean;
  disabled?: { at: string; reason: DisabledReason };
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  /** Since when no delivery has succeeded, though some were tried. */
  failingSince?: string;
  /** Until when deliveries carry a signature of the former secret, too. */
  formerSecretUntil?: string;
}

/** What runners need of it besides. */
export interface Subscription extends SubscriptionInfo {
  /** Counts what a person changed. */
  revision: number;
  /** Since when `events` and `services` are what they are. */
  selectingSince: string;
  /** Sealed: the present one, then the former one. */
  secrets: { sealed: string; until?: string }[];
  /** Counts calls for a runner that came while one was at work. */
  rung: number;
}

/** Is this event its business? Of what happened before it was made, nothing is, unless it is replayed. */
export function wants(subscription: SubscriptionInfo, event: Pick<BusinessEvent, 'type' | 'service' | 'at'>) {
  return selects(subscription, event) && event.at >= subscription.createdAt;
}

export function selects(
  { events, services }: Pick<SubscriptionInfo, 'events' | 'services'>,
  { type, service }: Pick<BusinessEvent, 'type' | 'service'>,
): boolean {
  const patterns = ['*', `${kindOf(type)}.*`, type];
  const known = services === undefined || (service !== undefined && services.includes(service));
  return known && events.some((pattern) => patterns.includes(pattern));
}

function kindOf(type: string): string {
  return type.slice(0, type.indexOf('.'));
}
