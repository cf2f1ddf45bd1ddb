import { describe, expect, it } from 'vitest';
import { afterRound, isAlerting, isDue } from '../../../lib/watch/health/endpoint-health.ts';
import type { EndpointHealth, Outcome } from '../../../lib/watch/health/endpoint-health.ts';
import {
  dueEndpoints,
  goneEndpoints,
  leased,
  nothingKnown,
  waitingSince,
  withRound,
} from '../../../lib/watch/health/service-health.ts';
import type { ServiceHealth } from '../../../lib/watch/health/service-health.ts';
import { parseWatchedDefinition } from '../../../lib/watch/definition.ts';
import { checksOf } from '../../../lib/watch/health/watched.ts';

const T0 = Date.parse('2026-11-22T04:00:00.000Z');
const iso = (at: number) => new Date(at).toISOString();
const UP: Outcome = { state: 'up' };
const DOWN: Outcome = { state: 'down', error: 'It answered 503.' };

const definition = (healthCheck: object | undefined, extra: object = {}) =>
  parseWatchedDefinition({
    code: 'FARM',
    baseUrl: 'https://farm.example.com/api/',
    ...(healthCheck ? { healthCheck } : {}),
    ...extra,
  });
const farm = (healthCheck: object = {}, extra: object = {}) =>
  checksOf(definition({ endpoints: { a: '/a', b: '/b?c=1' }, ...healthCheck }, extra));

describe('an endpoint', () => {
  const play = (outcomes: Outcome[]) =>
    outcomes.reduce<EndpointHealth | undefined>(
      (health, outcome) => afterRound(health, outcome, { began: iso(T0), at: iso(T0 + 1) }),
      undefined,
    )!;

  it('counts failed rounds in a row', () => {
    expect(play([UP])).toEqual({ state: 'up', failures: 0, began: iso(T0), at: iso(T0 + 1) });
    expect(play([DOWN])).toMatchObject({ state: 'down', failures: 1, error: 'It answered 503.' });
    expect(play([DOWN, DOWN, UP, DOWN])).toMatchObject({ state: 'down', failures: 1 });
    expect(play([DOWN, UP])).toEqual({ state: 'up', failures: 0, began: iso(T0), at: iso(T0 + 1) });
  });

  it('raises its alert at the threshold, not before, and by every failed round after it', () => {
    const rounds = [DOWN, DOWN, DOWN, DOWN];
    const alerting = rounds.map((_, last) => isAlerting(play(rounds.slice(0, last + 1)), 3));
    expect(alerting).toEqual([false, false, true, true]);
    expect(isAlerting(play([DOWN, DOWN, DOWN, UP]), 3)).toBe(false);
  });

  it('is due at its interval, and where the schedule comes up to a second early', () => {
    const asked = play([UP]);
    const due = (after: number) => isDue(asked, 60_000, T0 + after);
    expect([58_999, 59_000, 60_000, 61_000].map(due)).toEqual([false, true, true, true]);
    expect(isDue(undefined, 86_400_000, T0)).toBe(true);
  });
});

describe('a service', () => {
  const asked = (names: Record<string, number>): ServiceHealth => ({
    ...nothingKnown('FARM'),
    endpoints: new Map(
      Object.entries(names).map(([name, at]) => [
        name,
        afterRound(undefined, UP, { began: iso(at), at: iso(at) }),
      ]),
    ),
  });
  const names = (endpoints: readonly { name: string }[]) => endpoints.map(({ name }) => name);

  it('is asked below its base URL', () => {
    expect(farm().endpoints).toEqual([
      { name: 'a', url: 'https://farm.example.com/api/a' },
      { name: 'b', url: 'https://farm.example.com/api/b?c=1' },
    ]);
  });

  it('asks each endpoint at its own time, a new one at once', () => {
    const health = asked({ a: T0 });
    expect(names(dueEndpoints(farm(), health, T0 + 1_000))).toEqual(['b']);
    expect(names(dueEndpoints(farm(), health, T0 + 300_000))).toEqual(['a', 'b']);
    expect(waitingSince(health, dueEndpoints(farm(), health, T0 + 300_000))).toBe('');
    expect(waitingSince(asked({ a: T0, b: T0 - 5 }), farm().endpoints)).toBe(iso(T0 - 5));
  });

  it('is left to the monitor that asks it, until that one must have ended', () => {
    const health = leased(asked({}), { by: 'm1', until: T0 });
    expect(dueEndpoints(farm(), health, T0 - 1)).toEqual([]);
    expect(names(dueEndpoints(farm(), health, T0))).toEqual(['a', 'b']);
  });

  it('a round ends the lease of who has asked, and of nobody else', () => {
    const health = leased(asked({ a: T0 }), { by: 'm1', until: T0 });
    const times = { began: iso(T0 + 9), at: iso(T0 + 10) };
    expect(withRound(health, { ...times, outcomes: new Map([['b', DOWN]]), by: 'm1' })).toMatchObject({
      lease: undefined,
      endpoints: new Map([
        ['a', { state: 'up', failures: 0, began: iso(T0), at: iso(T0) }],
        ['b', { ...DOWN, failures: 1, ...times }],
      ]),
    });
    expect(withRound(health, { ...times, outcomes: new Map() }).lease).toEqual({ by: 'm1', until: T0 });
  });

  it.each([
    ['has none', undefined, {}],
    ['has switched them off', { endpoints: { a: '/a' }, enabled: false }, {}],
    ['is in maintenance', { endpoints: { a: '/a' } }, { status: 'MAINTENANCE' }],
    ['is inactive', { endpoints: { a: '/a' } }, { status: 'INACTIVE' }],
  ])('that %s is not asked, and what is known of it is gone', (_, healthCheck, extra) => {
    const checks = checksOf(definition(healthCheck, extra));
    expect(dueEndpoints(checks, nothingKnown('FARM'), T0)).toEqual([]);
    expect(goneEndpoints(checks, asked({ a: T0 }))).toEqual(['a']);
  });

  it('may call an endpoint whatever it likes', () => {
    const checks = checksOf(definition({ endpoints: { constructor: '/c', 'a/b': '/d' } }));
    expect(names(dueEndpoints(checks, asked({ 'a/b': T0 }), T0))).toEqual(['constructor']);
    expect(goneEndpoints(checks, asked({ toString: T0 }))).toEqual(['toString']);
  });
});
