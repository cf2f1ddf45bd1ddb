/** What is told to business code (SPEC 7, "Events"). */
import { createHash } from 'node:crypto';
import type { AlertSeverity } from '../watch/alerts/alerts.ts';
import type { Reminder } from '../watch/alerts/reminders.ts';

export const EVENT_TYPES = [
  'transfer.settled',
  'transfer.dead',
  'transfer.reversed',
  'user.registered',
  'user.superiors_changed',
  'webhook.forwarded',
  'session.needs_person',
  'service.down',
  'service.up',
  'alert.firing',
  'alert.resolved',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Something that happened and was committed. */
export interface BusinessEvent {
  /** The same for the same happening, however often it is seen: `eventIdOf`. */
  id: string;
  type: EventType;
  /** ISO 8601, UTC: when it happened. */
  at: string;
  /** Code of the service that it is about, where there is one. */
  service?: string;
  /** Of an alert. */
  severity?: AlertSeverity;
  /** Of a reminder: ids of recipients. Absent: whoever selects it. */
  recipients?: Reminder;
  /** JSON text of what happened: text, as amounts and ids are digits that no double may touch. */
  dataText: string;
  /** Its place among the events of one account. */
  order?: EventOrder;
}

export interface EventOrder {
  /** An account's id. */
  account: string;
  /** Counts up by one with each event of this account that has an order. */
  sequence: number;
  /** The event of this account before this one, of the same type; absent: there is none. */
  after?: PreviousEvent;
}

export interface PreviousEvent {
  id: string;
  at: string;
  service: string;
}

/** @param what makes it this happening and no other: a transfer's service and id, a delivery's id. */
export const eventIdOf = (type: EventType, ...what: (string | number)[]): string =>
  `evt_${createHash('sha256')
    .update(JSON.stringify([type, ...what]))
    .digest('base64url')
    .slice(0, 32)}`;
