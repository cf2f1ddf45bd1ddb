import { createHash } from 'node:crypto';

export const ALERT_SEVERITIES = ['info', 'warning', 'critical'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

export const ALERT_STATES = ['firing', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

export interface AlertInput {
  /** Identity for deduplication: `LOGIN_LOCKED`, `KEEPALIVE_FAILED`, `CAPTCHA_BALANCE_LOW` ... */
  kind: string;
  /** Service code, or what else it is about. */
  subject: string;
  severity: AlertSeverity;
  /** One line for a person; nothing secret. */
  summary: string;
  details?: Record<string, string | number | boolean>;
}

/** Times are ISO 8601, UTC. */
export interface Alert extends AlertInput {
  /** `alertId`. */
  id: string;
  state: AlertState;
  firstAt: string;
  lastAt: string;
  count: number;
  /** Who has said that they see to it: a key's or a user's id. */
  acknowledgedBy?: string;
  resolvedAt?: string;
  /** Has a channel taken a message about it, since it fired? */
  told: boolean;
}

/** Which firing of which alert. */
export type AlertFiring = Pick<Alert, 'kind' | 'subject' | 'firstAt'>;

/** A channel has taken a message. */
export interface Taken {
  /** Its id. */
  channel: string;
  /** When what it was told happened, ISO 8601, UTC. */
  at: string;
  /** Of an alert that goes on it wants to hear again after so long. */
  coolDownSeconds: number;
}

/** The same for the same kind and subject, for ever. */
export const alertId = (kind: string, subject: string): string =>
  `alr_${createHash('sha256')
    .update(JSON.stringify([kind, subject]))
    .digest('base64url')
    .slice(0, 20)}`;

/** Neither method throws: an alert that cannot be stored is logged. */
export interface Alerts {
  raise(alert: AlertInput): Promise<void>;
  /** @param details how it ended; absent: it keeps what it was raised with. */
  resolve(kind: string, subject: string, details?: AlertInput['details']): Promise<void>;
}

export interface AlertStore {
  /** Those that need care first, then the newest. `VALIDATION_FAILED` for an invalid cursor. */
  list(filter: { state?: AlertState; limit?: number; cursor?: string }): Promise<{
    items: Alert[];
    cursor?: string;
  }>;
  /**
   * Somebody sees to it: no more reminders. Again: the alert as it is. `NOT_FOUND` for an id that there is not, and for
   * one that is resolved.
   */
  acknowledge(id: string, by: string): Promise<Alert>;
  /** A channel has taken a message about this firing of it. */
  noteTold(firing: AlertFiring, by: Taken): Promise<void>;
}
