/** Who in the business is told of what. */
import type { Runnable } from './recipient.ts';

/** Why nothing is sent: a person said so, the endpoint answered 410, or it failed for five days. */
export type DisabledReason = 'PERSON' | 'GONE' | 'FAILING';

/** What may be shown of it: never its secret. Times are ISO 8601, UTC. */
export interface SubscriptionInfo {
  id: string;
  url: string;
  /** Patterns, services: `Selection`. */
  events: string[];
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
export interface Subscription extends SubscriptionInfo, Runnable {
  kind: 'subscription';
  events: string[];
  /** Counts what a person changed. */
  revision: number;
  /** Sealed: the present one, then the former one. */
  secrets: { sealed: string; until?: string }[];
}
