import { describe, expect, it } from 'vitest';
import {
  baseUrlOf,
  breakerOf,
  definitionOf,
  healthOf,
  overlapOf,
  quotasOf,
  webhookOf,
} from '../../../bin/doctor/service-use.ts';
import {
  clockOf,
  deadLettersOf,
  keysOf,
  openAlerts,
  subscriptionsOf,
} from '../../../bin/doctor/stack-use.ts';
import { Definition } from '../../../lib/registry/definition.ts';

const NOW = Date.parse('2026-11-22T04:00:00Z');
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const DAY = 86_400_000;
const times = { revision: 1, createdAt: ago(0), updatedAt: ago(0) };
const service = (extra: object = {}) => ({
  ...Definition.parse({
    code: 'SITE',
    name: 'Site',
    baseUrl: 'https://site.example',
    auth: { type: 'NONE' },
    ...extra,
  }),
  ...times,
});
const SESSION = {
  auth: {
    type: 'SESSION',
    login: { submit: { path: '/login', fields: {} }, success: { status: 302 } },
    expired: { status: 401 },
  },
};
/** Three calls that ended so. */
const calls = (extra: object) => Array.from({ length: 3 }, () => ({ requestId: 'r1', ...extra }) as never);
const levels = (found: readonly { level: string; message: string }[]) =>
  found.map(({ level, message }) => `${level} ${message}`);

describe('what the use of a service shows', () => {
  it.each([
    [calls({ code: 'PLATFORM_UNAVAILABLE', cause: 'refused 127.0.0.1:9' }), 'FAIL', 'refused 127.0.0.1:9'],
    [calls({ status: 404, upstreamStatus: 404 }), 'warn', 'answered 404'],
    [calls({ code: 'CONFIGURATION_ERROR' }), 'FAIL', 'gatehouse calls show r1'],
    [calls({ code: 'PLATFORM_UNAVAILABLE' }).slice(2), 'FAIL', 'its only call got no answer'],
  ])('names a wrong address by how calls end: %#', (made, level, text) => {
    const [found, ...others] = baseUrlOf(service(), made);
    expect([found!.level, others]).toEqual([level, []]);
    expect(found!.message).toContain(text);
  });

  it.each([
    ['answers of the platform, even 5xx', calls({ code: 'PLATFORM_UNAVAILABLE', upstreamStatus: 500 })],
    ['one that went well', [...calls({ code: 'PLATFORM_UNAVAILABLE' }), { status: 200 } as never]],
    ['two calls that found nothing', calls({ status: 404, upstreamStatus: 404 }).slice(1)],
    ['no call', []],
  ])('says nothing of %s', (_what, made) => {
    expect(baseUrlOf(service(), made)).toEqual([]);
  });

  it('a breaker that is held, or open', () => {
    const breaker = { state: 'closed', failures: 0, until: null, forced: 'auto' } as const;
    expect(breakerOf('SITE', breaker)).toEqual([]);
    expect(levels(breakerOf('SITE', { ...breaker, forced: 'closed' }))[0]).toContain(
      'breaker force SITE auto',
    );
    const open = { ...breaker, state: 'open', until: ago(-9_000) } as const;
    expect(levels(breakerOf('SITE', open))[0]).toContain(ago(-9_000));
    const over = { ...breaker, state: 'half-open' } as const;
    expect(levels(breakerOf('SITE', over))[0]).toContain('the next call is let through');
  });

  it('endpoints that are down, by name, with what was wrong; none that are up or were never looked at', () => {
    const at = ago(60_000);
    const up = { state: 'up', failures: 0, at } as const;
    const down = { state: 'down', failures: 3, at, error: 'HTTP 503' } as const;
    const unknown = { state: 'unknown', failures: 0, at: null } as const;
    expect(healthOf('SITE', { endpoints: { up, unknown } })).toEqual([]);
    const [found] = healthOf('SITE', { endpoints: { up, health: down } });
    expect(found?.level).toBe('FAIL');
    expect(found?.message).toContain(`health (HTTP 503; 3 rounds in a row, the last at ${at})`);
    expect(found?.message).toContain('gatehouse health check SITE');
  });

  it('a limit that is used up; not one of nothing, which stops a service on purpose', () => {
    const quota = { type: 'PER_DAY', limit: 5, used: 5, remaining: 0, resetsAt: ago(-DAY) } as const;
    expect(levels(quotasOf('SITE', { items: [quota] }))[0]).toContain('gatehouse quota reset SITE');
    expect(quotasOf('SITE', { items: [{ ...quota, remaining: 1 }] })).toEqual([]);
    expect(quotasOf('SITE', { items: [{ ...quota, limit: 0 }] })).toEqual([]);
  });

  it('credentials of before that are still valid a week after the change', () => {
    const version = (stage: string, at: string) => ({ stage, createdAt: at }) as never;
    const both = (at: string) => [version('CURRENT', at), version('PREVIOUS', ago(99 * DAY))];
    expect(levels(overlapOf('SITE', both(ago(8 * DAY)), NOW))[0]).toContain('credentials retire SITE');
    expect(overlapOf('SITE', both(ago(6 * DAY)), NOW)).toEqual([]);
    expect(overlapOf('SITE', [version('CURRENT', ago(99 * DAY))], NOW)).toEqual([]);
  });

  it('webhooks that nobody proved, of this service', () => {
    const count = (code: string, cause: string) => ({ service: code, cause, count: 2, minute: ago(0) });
    const found = levels(
      webhookOf(service(), [
        count('SITE', 'SIGNATURE'),
        count('SITE', 'SIGNATURE'),
        count('SITE', 'EXPIRED'),
        count('OTHER', 'SIGNATURE'),
        count('SITE', 'MALFORMED'),
      ]),
    );
    expect(found).toEqual([
      expect.stringMatching(/^warn 4 webhook requests .* not signed/),
      expect.stringMatching(/^warn 2 webhook requests .* clock/),
    ]);
  });

  it('what a definition leaves open', () => {
    const keepalive = { operations: { keepalive: { method: 'GET', path: '/beat' } } };
    expect(definitionOf(service({ ...SESSION, ...keepalive }), false)).toEqual([]);
    expect(levels(definitionOf(service(SESSION), false))[0]).toContain('keepalive');
    expect(definitionOf(service({ status: 'TESTING' }), true)).toEqual([]);
    expect(levels(definitionOf(service({ status: 'TESTING' }), false))[0]).toContain('TESTING');
    expect(levels(definitionOf(service({ status: 'INACTIVE' }), true))[0]).toContain('refused');
  });
});

describe('what is not about one service', () => {
  it('a clock that is wrong, and which way', () => {
    const date = (ms: number) => new Date(NOW + ms).toUTCString();
    expect(clockOf(date(0), NOW)).toEqual([]);
    expect(clockOf(date(29_000), NOW)).toEqual([]);
    expect(levels(clockOf(date(-31_000), NOW))[0]).toMatch(/^FAIL .* 31 s ahead of/);
    expect(levels(clockOf(date(60_000), NOW))[0]).toMatch(/^FAIL .* 60 s behind/);
    expect(clockOf(null, NOW)).toEqual([]);
  });

  it('a key that ends soon; not one that has ended, or never does', () => {
    const key = (name: string, expiresAt?: string) => ({ name, expiresAt }) as never;
    const keys = [
      key('soon', ago(-13 * DAY)),
      key('later', ago(-15 * DAY)),
      key('over', ago(DAY)),
      key('never'),
    ];
    expect(levels(keysOf(keys, NOW))).toEqual([expect.stringMatching(/^warn soon \(/)]);
    expect(keysOf([], NOW)).toEqual([]);
  });

  it('transfers that were given up, and subscriptions that are off', () => {
    expect([deadLettersOf([]), subscriptionsOf([])]).toEqual([[], []]);
    expect(levels(deadLettersOf([{}]))[0]).toMatch(/^FAIL .*redrive --dry-run/);
    const off = { id: 's1', enabled: false, url: 'https://farm.example/hooks?token=secret' } as never;
    const [line] = levels(subscriptionsOf([off, { enabled: true } as never]));
    expect(line).toMatch(/^warn 1 subscriptions .* s1 \(farm\.example\)/);
    expect(line).not.toContain('secret');
  });

  it('alerts that nothing else names: one that is critical fails', () => {
    const alert = (kind: string, severity: string, state = 'firing') =>
      ({ kind, severity, state, subject: 'SITE', summary: 'It is so.' }) as never;
    expect(openAlerts([alert('A', 'critical', 'resolved'), alert('B', 'critical')], ['B'])).toEqual([]);
    expect(levels(openAlerts([alert('A', 'warning')], []))[0]).toMatch(/^warn A SITE: It is so\./);
    expect(levels(openAlerts([alert('A', 'warning'), alert('C', 'critical')], []))[0]).toMatch(/^FAIL A/);
  });
});
