/** Where people are told of alerts. */
import type { AlertSeverity } from '../watch/alerts/alerts.ts';
import type { Runnable } from './recipient.ts';

export const CHANNEL_TYPES = ['WEBHOOK', 'DINGTALK', 'WECOM', 'FEISHU', 'SLACK', 'SNS'] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

/** What may be shown of it. Times are ISO 8601, UTC. */
export interface ChannelInfo {
  id: string;
  name: string;
  type: ChannelType;
  /** Its key masked. */
  url: string;
  /** Codes; absent: alerts of all services, and of none. */
  services?: string[];
  /** Absent: of every severity. */
  severities?: AlertSeverity[];
  /** Of an alert that goes on it is told again after so long. */
  coolDownSeconds: number;
  /** Tries that failed since the last one that did not. */
  failures: number;
  /** Of the latest of them. */
  lastError?: string;
  lastErrorAt?: string;
  createdAt: string;
  createdBy: string;
}

/** What runners need of it besides. */
export interface Channel extends ChannelInfo, Runnable {
  kind: 'channel';
  services?: string[];
  severities?: AlertSeverity[];
  /** `ChannelTarget`: the address is a secret, too. */
  sealed: string;
}

/** What is sealed of it. */
export interface ChannelTarget {
  url: string;
  secret?: string;
}
