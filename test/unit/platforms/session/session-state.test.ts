import { describe, expect, it } from 'vitest';
import { formatGeneration, loginOf, parseGeneration } from '../../../../lib/platforms/session/generation.ts';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import { assess, nearsEnd, TRUST_MS } from '../../../../lib/platforms/session/session-state.ts';

describe('assess', () => {
  const held = { generation: '7.2', expiresAt: 1_000_000, confirmedAt: 100_000 };
  it.each([
    ['nothing in memory', undefined, '7.2', 100_000, 'none'],
    ['the guard read the same', held, '7.2', 900_000, 'live'],
    ['the guard read another revision', held, '7.3', 100_000, 'superseded'],
    ['the guard read another login', held, '8.0', 100_000, 'superseded'],
    ['an operator ended it', held, '8.invalidated', 100_000, 'superseded'],
    ['Redis holds none', held, null, 100_000, 'superseded'],
    ['nobody looked, lately seen', held, undefined, 100_000 + TRUST_MS, 'live'],
    ['K2: nobody looked for long', held, undefined, 100_001 + TRUST_MS, 'unconfirmed'],
    ['past its end', held, '7.2', 1_000_000, 'expired'],
    ['just before its end', held, '7.2', 999_999, 'live'],
    [
      'what is held is no live session itself',
      { ...held, generation: '8.invalidated' },
      '8.invalidated',
      1,
      'superseded',
    ],
  ] as const)('%s', (_, remembered, stored, now, state) => {
    expect(assess(remembered, stored, now)).toBe(state);
  });
});

describe('a session that nears its end', () => {
  const NOW = Date.parse('2026-11-21T04:00:00Z');
  const withLogin = (login?: object) => ({ definition: { auth: { login } } }) as unknown as PlatformService;
  const isNear = (login: object | undefined, lifeMs: number, leftMs: number) => {
    const document = { created_at: new Date(NOW).toISOString() };
    const expiresAt = NOW + lifeMs;
    return nearsEnd(withLogin(login), { document, expiresAt }, expiresAt - leftMs);
  };

  it.each([
    ['that can be refreshed', { refresh: { path: '/token' } }],
    ['that says when it ends', { expiresInSeconds: '{{session.expiresIn}}' }],
    ['that does both', { refresh: { path: '/token' }, expiresInSeconds: 600 }],
  ])('is renewed after nine tenths of its life, by a login %s', (_, login) => {
    expect([10_001, 10_000, 1, 0].map((left) => isNear(login, 100_000, left))).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });
  it('is renewed 30 s before at most', () => {
    const login = { refresh: { path: '/token' } };
    expect([30_001, 30_000].map((left) => isNear(login, 3_600_000, left))).toEqual([false, true]);
  });
  it.each([
    ['only promises what we assume', { submit: { path: '/login' } }],
    ['is not there', undefined],
  ])('is left to the keepalive, where the login %s', (_, login) => {
    expect([10_000, 0].map((left) => isNear(login, 100_000, left))).toEqual([false, false]);
  });
});

describe('generations', () => {
  it.each(['7.2', '1.0', '999999999999999.0'])('%s is one', (text) => {
    expect(formatGeneration(parseGeneration(text)!)).toBe(text);
  });
  it.each([null, undefined, '', '7', '7.', '.2', '7.2.1', '-1.0', '1e3.0', '7.invalidated', ' 7.2'])(
    '%s is not one of a live session',
    (text) => {
      expect(parseGeneration(text)).toBeUndefined();
    },
  );
  it.each([
    ['8.invalidated', 8],
    ['8.2', 8],
    ['999999999999999.123456789012345', 999_999_999_999_999],
  ])('the login of %s counts', (text, login) => {
    expect(loginOf(text)).toBe(login);
  });
  it.each([null, undefined, '', 'rubbish', 'x8.2', '8.2x', '8.', '8.invalid', '1234567890123456.0'])(
    'there is no login in %s',
    (text) => {
      expect(loginOf(text)).toBe(0);
    },
  );
  it('is its login and its revision', () => {
    expect(parseGeneration('12.345')).toEqual({ login: 12, revision: 345 });
  });
});
