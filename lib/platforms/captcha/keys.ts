import { TZDate } from '@date-fns/tz';

/** Redis keys of the captcha capability. */
export const captchaKeys = {
  /** One challenge waiting for a person, as JSON. */
  challenge: (id: string) => `captcha:manual:challenge:${id}`,
  /** What the person typed. */
  typed: (id: string) => `captcha:manual:typed:${id}`,
  /** Sorted set of open challenges, scored by when they expire (milliseconds). */
  open: 'captcha:manual:open',
  /** Tenths of points spent by a solver on a day (`2026-11-21`). */
  spent: (solver: string, day: string) => `captcha:spent:${solver}:${day}`,
  /** There while a solver's balance counts as known. */
  balanceKnown: (solver: string) => `captcha:balance:${solver}`,
  /** There while an alert about a solver may be up, see `chaojiying/alerts.ts`. */
  alerted: (solver: string) => `captcha:alerted:${solver}`,
  /** Right and wrong answers of a solver for one kind of picture on a day. */
  hits: (solver: string, codetype: number, day: string, verdict: 'right' | 'wrong') =>
    `captcha:hits:${solver}:${codetype}:${day}:${verdict}`,
};

/** The calendar day of a moment, e.g. `2026-11-21`, where points are counted by day. */
export function dayIn(timezone: string, now: number): string {
  return new TZDate(now, timezone).toISOString().slice(0, 10);
}
