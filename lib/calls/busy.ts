import type { Answer } from '../definition/predicate/answer.ts';

/** A third party that asks to be left alone for a while. */
export interface Busy {
  /** As its `Retry-After` says, not negative; `undefined`: it does not say (429). */
  retryAfterSeconds: number | undefined;
}

/** 429, or 503 with `Retry-After`. `undefined`: any other answer. @param now milliseconds since the epoch. */
export function busyAnswer({ status, headers }: Answer, now: number): Busy | undefined {
  const retryAfterSeconds = secondsOf(headers['retry-after'], now);
  return status === 429 || (status === 503 && retryAfterSeconds !== undefined)
    ? { retryAfterSeconds }
    : undefined;
}

/** RFC 9110 10.2.3: seconds, or a date. `undefined` for anything else. */
function secondsOf(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const at = /^[A-Z][a-z]{2,8},? /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1_000));
}
