export type AlertSeverity = 'info' | 'warning' | 'critical';

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

export interface Alert extends AlertInput {
  state: 'firing' | 'resolved';
  firstAt: string;
  lastAt: string;
  count: number;
  resolvedAt?: string;
}

/** Neither method throws: an alert that cannot be stored is logged. */
export interface Alerts {
  raise(alert: AlertInput): Promise<void>;
  resolve(kind: string, subject: string): Promise<void>;
}

export interface AlertStore {
  list(filter: { state?: 'firing' | 'resolved'; limit?: number; cursor?: string }): Promise<{
    items: Alert[];
    cursor?: string;
  }>;
}
