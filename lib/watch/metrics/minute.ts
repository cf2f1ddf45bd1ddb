/** What one minute of one service was. */
import { fromText, percentile } from './durations.ts';

export const MINUTE_MS = 60_000;

/** The minute that a time falls in, milliseconds since the epoch. */
export const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS) * MINUTE_MS;

/** From one minute to before another one, milliseconds since the epoch. */
export interface Minutes {
  from: number;
  to: number;
}

/** A minute's roll-up, as it is kept. */
export interface Minute {
  service: string;
  /** When it began, milliseconds since the epoch. */
  minute: number;
  /** Those that began in it. */
  calls: number;
  errors: Record<string, number>;
  /** `toText`. */
  durations: string;
  /** What the quotas have counted, or refused. */
  counted: number;
  /** What the quotas have refused. */
  refused: number;
  logins: number;
  captchas: number;
  captchaHits: number;
  /** What these answers cost by their price list, before what is given back. */
  captchaPoints: number;
  /** That settled. */
  transfers: number;
  /** That happened, whether anybody was told or not. */
  events: number;
}

export const emptyMinute = (service: string, minute: number): Minute => ({
  service,
  minute,
  calls: 0,
  errors: {},
  durations: '',
  counted: 0,
  refused: 0,
  logins: 0,
  captchas: 0,
  captchaHits: 0,
  captchaPoints: 0,
  transfers: 0,
  events: 0,
});

/** All that was seen of it. What is read later has seen as much or more: it never becomes less. */
export const seenOf = ({ calls, logins, captchas, captchaHits, transfers, events }: Minute): number =>
  calls + logins + captchas + captchaHits + transfers + events;

/** What people see. Percentiles in milliseconds; of no calls `null`. */
export function viewOf({ service, minute, calls, errors, durations, ...rest }: Minute) {
  const times = fromText(durations);
  const { logins, captchas, captchaHits, captchaPoints, transfers, events } = rest;
  return {
    service,
    minute: new Date(minute).toISOString(),
    calls,
    errors,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    availability: availabilityOf({ calls, errors }),
    logins,
    captchas,
    captchaHits,
    captchaPoints,
    transfers,
    events,
  };
}

/** The share of calls that found the service up. In one division: 1 − 9/10 would not be 0.1. */
export const availabilityOf = ({ calls, errors }: Pick<Minute, 'calls' | 'errors'>): number | null =>
  calls === 0 ? null : (calls - (errors['PLATFORM_UNAVAILABLE'] ?? 0)) / calls;

export const failedOf = ({ errors }: Pick<Minute, 'errors'>): number =>
  Object.values(errors).reduce((sum, times) => sum + times, 0);
