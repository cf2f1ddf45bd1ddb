import { describe, expect, it } from 'vitest';
import { createQuotaWindows } from '../../../lib/calls/guard/quota-window.ts';
import { QUOTA_TYPES } from '../../../lib/calls/definition.ts';
import type { QuotaType } from '../../../lib/calls/definition.ts';

const windowOf = createQuotaWindows();
function window(type: QuotaType, zone: string, at: string): [string, string] {
  const { start, end } = windowOf(type, zone, Date.parse(at));
  return [new Date(start).toISOString(), new Date(end).toISOString()];
}

describe('quota windows', () => {
  it.each<[QuotaType, string, string, string, string]>([
    [
      'PER_SECOND',
      'Asia/Shanghai',
      '2026-11-21T04:05:06.789Z',
      '2026-11-21T04:05:06.000Z',
      '2026-11-21T04:05:07.000Z',
    ],
    [
      'PER_MINUTE',
      'Asia/Shanghai',
      '2026-11-21T04:05:06.789Z',
      '2026-11-21T04:05:00.000Z',
      '2026-11-21T04:06:00.000Z',
    ],
    [
      'PER_HOUR',
      'Asia/Shanghai',
      '2026-11-21T04:05:06.789Z',
      '2026-11-21T04:00:00.000Z',
      '2026-11-21T05:00:00.000Z',
    ],
    [
      'PER_HOUR',
      'Asia/Kolkata',
      '2026-11-21T04:05:06.789Z',
      '2026-11-21T03:30:00.000Z',
      '2026-11-21T04:30:00.000Z',
    ],
    [
      'PER_DAY',
      'Asia/Shanghai',
      '2026-11-21T15:59:59.999Z',
      '2026-11-20T16:00:00.000Z',
      '2026-11-21T16:00:00.000Z',
    ],
    [
      'PER_DAY',
      'Asia/Shanghai',
      '2026-11-21T16:00:00.000Z',
      '2026-11-21T16:00:00.000Z',
      '2026-11-22T16:00:00.000Z',
    ],
    [
      'PER_MONTH',
      'Asia/Shanghai',
      '2026-02-10T00:00:00.000Z',
      '2026-01-31T16:00:00.000Z',
      '2026-02-28T16:00:00.000Z',
    ],
    ['PER_MONTH', 'UTC', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    // 23 hours, 25 hours, and a midnight that does not exist.
    [
      'PER_DAY',
      'Europe/Berlin',
      '2026-03-29T12:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ],
    [
      'PER_DAY',
      'Europe/Berlin',
      '2026-10-25T12:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    [
      'PER_DAY',
      'Asia/Beirut',
      '2026-03-29T12:00:00.000Z',
      '2026-03-28T22:00:00.000Z',
      '2026-03-29T21:00:00.000Z',
    ],
  ])('%s in %s at %s', (type, zone, at, start, end) => {
    expect(window(type, zone, at)).toEqual([start, end]);
  });

  it.each([
    ['America/Havana', 'America/Halifax', '2026-03-08T04:00:00.000Z', '2026-03-09T03:00:00.000Z'],
    ['Asia/Beirut', 'Europe/London', '2026-03-29T00:00:00.000Z', '2026-03-29T23:00:00.000Z'],
  ])('a machine in %s counts the days of %s like any other', (own, zone, start, end) => {
    const before = process.env['TZ'];
    process.env['TZ'] = own;
    try {
      expect(new Date(start).getTimezoneOffset()).not.toBe(0);
      expect(window('PER_DAY', zone, start)).toEqual([start, end]);
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });

  it('every moment of a year is in its window, and windows follow each other', () => {
    for (const zone of ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe']) {
      for (const type of QUOTA_TYPES) {
        for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 29 * 3_600_000 + 1_237) {
          const { start, end } = windowOf(type, zone, at);
          expect(start <= at && at < end).toBe(true);
          expect(windowOf(type, zone, end - 1)).toEqual({ start, end });
          // An hour cut by a half-hour change of clocks (Lord Howe) may begin elsewhere.
          expect(windowOf(type, zone, end).start).toBe(end);
        }
      }
    }
  });
});
