import { tzOffset } from '@date-fns/tz';
import type { QuotaType } from '../definition.ts';

/** A calendar window, milliseconds since the epoch; `end` is the first instant outside it. */
export interface QuotaWindow {
  start: number;
  end: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Finds the window a moment falls into. Seconds and minutes are the same everywhere; hours, days and months are
 * those of the time zone: a day is 23 or 25 hours long where the clocks change. Calendar computations are expensive, so
 * the current window of each zone and type is remembered.
 */
export function createQuotaWindows(): (type: QuotaType, timezone: string, now: number) => QuotaWindow {
  const current = new Map<string, QuotaWindow>();
  return (type, timezone, now) => {
    if (type === 'PER_SECOND') return fixed(now, SECOND, 0);
    if (type === 'PER_MINUTE') return fixed(now, MINUTE, 0);
    const key = `${type} ${timezone}`;
    const known = current.get(key);
    if (known && known.start <= now && now < known.end) return known;
    const window = calendarWindow(type, timezone, now);
    current.set(key, window);
    return window;
  };
}

function fixed(now: number, length: number, offset: number): QuotaWindow {
  const start = Math.floor((now + offset) / length) * length - offset;
  return { start, end: start + length };
}

function calendarWindow(
  type: 'PER_HOUR' | 'PER_DAY' | 'PER_MONTH',
  timezone: string,
  now: number,
): QuotaWindow {
  const aheadOfUtc = (at: number) => tzOffset(timezone, new Date(at)) * MINUTE;
  // Zones are up to 45 minutes off the full hour; a clock change cuts an hour in two at worst.
  if (type === 'PER_HOUR') return fixed(now, HOUR, aheadOfUtc(now));
  const [labelLength, longest] = type === 'PER_DAY' ? [10, DAY + 3 * HOUR] : [7, 31 * DAY + 3 * HOUR];
  // `2026-11-21` or `2026-11`, which sort.
  const label = (at: number) => new Date(at + aheadOfUtc(at)).toISOString().slice(0, labelLength);
  const current = label(now);
  return {
    start: firstInstant((at) => label(at) >= current, now - longest, now),
    end: firstInstant((at) => label(at) > current, now, now + longest),
  };
}

/**
 * The least instant in (`before`, `after`] for which `reached` holds: midnight, also where 00:00 does not exist.
 * By bisection: what a `TZDate` makes of a year, month and day depends on the machine's own time zone.
 */
function firstInstant(reached: (at: number) => boolean, before: number, after: number): number {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high;
}
