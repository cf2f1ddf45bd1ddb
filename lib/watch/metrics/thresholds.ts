/** A minute held against the thresholds of a definition (`monitor`). */
import type { AlertInput } from '../alerts/alerts.ts';
import { MINUTE_MS, availabilityOf, failedOf, minuteOf, viewOf } from './minute.ts';
import type { Minute } from './minute.ts';

export interface Thresholds {
  responseTimeMs: number;
  errorRate: number;
  availability: number;
  intervalSeconds: number;
}

export const THRESHOLD_KINDS = ['RESPONSE_TIME', 'ERROR_RATE', 'AVAILABILITY'] as const;

export type Judgement = { kind: (typeof THRESHOLD_KINDS)[number] } & (
  { holds: true } | { holds: false; alert: AlertInput }
);

/** Fewer calls in a minute say nothing about a share of them. */
const LEAST_CALLS = 10;
/** So long after its end what a minute is judged by is there: no call over HTTP lasts longer. */
const JUDGED_AFTER_MS = 30_000;

/** The newest minute that can be judged. */
export const judgedMinute = (now: number): number => minuteOf(now - JUDGED_AFTER_MS) - MINUTE_MS;

/** Is this one of the minutes that are looked at? With an interval of 60 s each is. */
export function isLookedAt(minute: number, { intervalSeconds }: Thresholds): boolean {
  const interval = intervalSeconds * 1_000;
  return Math.floor((minute + MINUTE_MS) / interval) > Math.floor(minute / interval);
}

/** What is exactly at a limit holds. @returns none where there were too few calls. */
export function judge(minute: Minute, limits: Thresholds): Judgement[] {
  const { calls } = minute;
  if (calls < LEAST_CALLS) return [];
  const { p95 } = viewOf(minute);
  const errorRate = failedOf(minute) / calls;
  const availability = availabilityOf(minute)!;
  return [
    judgement(minute, 'RESPONSE_TIME', p95! <= limits.responseTimeMs, {
      said: `95 of 100 calls took up to ${p95} ms`,
      value: p95!,
      limit: limits.responseTimeMs,
    }),
    judgement(minute, 'ERROR_RATE', errorRate <= limits.errorRate, {
      said: `${failedOf(minute)} of ${calls} calls failed`,
      value: errorRate,
      limit: limits.errorRate,
    }),
    judgement(minute, 'AVAILABILITY', availability >= limits.availability, {
      said: `${minute.errors['PLATFORM_UNAVAILABLE'] ?? 0} of ${calls} calls found the service down`,
      value: availability,
      limit: limits.availability,
    }),
  ];
}

function judgement(
  { service, minute, calls }: Minute,
  kind: Judgement['kind'],
  holds: boolean,
  { said, value, limit }: { said: string; value: number; limit: number },
): Judgement {
  if (holds) return { kind, holds };
  const at = new Date(minute).toISOString();
  return {
    kind,
    holds,
    alert: {
      kind,
      subject: service,
      severity: kind === 'AVAILABILITY' ? 'critical' : 'warning',
      summary: `${service}: ${said} in the minute from ${at.slice(11, 16)} UTC.`,
      details: { minute: at, calls, value, limit },
    },
  };
}
