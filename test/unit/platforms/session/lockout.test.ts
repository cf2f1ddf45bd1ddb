import { beforeEach, describe, expect, it } from 'vitest';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import {
  LOGIN_UNCLEAR,
  alertLockout,
  alertUnclear,
  lockedOut,
  resolveLoginAlerts,
} from '../../../../lib/platforms/session/lockout.ts';
import type { Alerts } from '../../../../lib/watch/alerts/alerts.ts';

const service = { definition: { code: 'ORDERS' } } as PlatformService;
const NOW = Date.parse('2026-11-21T04:00:00Z');

let raised: unknown[] = [];
let resolved: unknown[] = [];
const alerts = {
  raise: async (alert: unknown) => void raised.push(alert),
  resolve: async (...which: unknown[]) => void resolved.push(which),
} as unknown as Alerts;
beforeEach(() => {
  raised = [];
  resolved = [];
});

it.each([
  [-1, 1],
  [1, 1],
  [1_000, 1],
  [90_500, 91],
])('S5: a caller is told until when logins pause: %d ms, %d s', (forMs, seconds) => {
  expect(lockedOut('ORDERS', forMs, NOW)).toMatchObject({
    code: 'AUTHENTICATION_FAILED',
    message:
      `Logins to ORDERS are paused until ${new Date(NOW + forMs).toISOString()}: ` +
      'the last ones were refused, or ended without a verdict. ' +
      'New credentials or `gatehouse session unlock ORDERS` end the pause.',
    retryAfterSeconds: seconds,
    internal: { lockedOut: true },
  });
});

describe('people', () => {
  it.each([
    [60_000, 1, 60],
    [60_001, 2, 61],
    [900_000, 15, 900],
  ])('are told of a pause of %d ms', async (forMs, minutes, seconds) => {
    await alertLockout(alerts, service, 3, forMs);
    expect(raised).toEqual([
      {
        kind: 'LOGIN_LOCKED',
        subject: 'ORDERS',
        severity: 'critical',
        summary: `Logins to ORDERS were refused, or ended without a verdict, 3 times in a row; they pause for ${minutes} min.`,
        details: { refusals: 3, seconds },
      },
    ]);
  });

  it('are told of a form without a verdict', async () => {
    await alertUnclear(alerts, service);
    expect(raised).toEqual([
      {
        kind: LOGIN_UNCLEAR,
        subject: 'ORDERS',
        severity: 'warning',
        summary: 'A login to ORDERS matched neither `success` nor `failures`; it counts as a refusal.',
      },
    ]);
    expect(LOGIN_UNCLEAR).toBe('LOGIN_UNCLEAR');
  });

  it('are told when both are over', async () => {
    await resolveLoginAlerts(alerts, service);
    expect(resolved).toEqual([
      ['LOGIN_LOCKED', 'ORDERS'],
      ['LOGIN_UNCLEAR', 'ORDERS'],
    ]);
  });
});
