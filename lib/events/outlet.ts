/** What a run sends through: how a recipient is reached, and what its answers mean for it. */
import type { Deadline } from '../runtime/clock.ts';
import type { Attempt } from './delivery.ts';
import type { BusinessEvent } from './event.ts';
import type { Recipient } from './recipient-items.ts';
import type { Message, Sent } from './send.ts';

export interface Outlet {
  /** Never throws for what the other side does. */
  send(message: Message, deadline: Deadline): Promise<Sent>;
  /** What is waited after each try that failed, seconds; after one more it is given up. */
  retrySeconds: readonly number[];
  /** From the beginning of one request to the next, milliseconds. Absent: several at the same time. */
  everyMs?: number;
}

/** What has come of deliveries of one run. */
export interface Health {
  succeeded(event: BusinessEvent): Promise<void>;
  /** @param isGivenUp it is not tried again. */
  failed(attempt: Attempt, isGivenUp: boolean): Promise<void>;
  /** Its secret can no longer be opened. */
  unreadable(): Promise<void>;
  /** Nothing more is sent to it. */
  isDisabled(): boolean;
}

/** Of one kind of recipients. */
export interface Outlets<R extends Recipient = Recipient> {
  /** `undefined`: its secret can no longer be opened. */
  open(recipient: R): Promise<Outlet | undefined>;
  healthOf(recipient: R): Health;
}

type OutletsByKind = { [K in Recipient['kind']]: Outlets<Extract<Recipient, { kind: K }>> };

/** The one place where kinds of recipients part. */
export const createOutlets = ({ subscription, channel }: OutletsByKind): Outlets => ({
  open: (recipient) =>
    recipient.kind === 'channel' ? channel.open(recipient) : subscription.open(recipient),
  healthOf: (recipient) =>
    recipient.kind === 'channel' ? channel.healthOf(recipient) : subscription.healthOf(recipient),
});
