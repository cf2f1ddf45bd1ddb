import { expect, test } from 'vitest';
import { span } from '../../../bin/duration.ts';
import { sessionLines } from '../../../bin/session-lines.ts';
import type { Answer } from '../../../bin/route-types.ts';

const NOW = Date.parse('2026-11-21T06:00:00.000Z');
const NONE: Answer<'getSession'> = {
  state: 'none',
  generation: null,
  main: null,
  backup: null,
  lockout: { refusals: 0, lockedUntil: null },
  lastFailure: null,
  keepalive: null,
  lastUpdate: null,
  stats: { logins: 0, errors: 0, usualLoginMs: 0 },
};
const MAIN = {
  generation: '7.2',
  createdAt: '2026-11-21T05:54:00.000Z',
  lastAccessed: '2026-11-21T05:59:58.000Z',
  expiresAt: '2026-11-21T06:54:00.000Z',
  loginInfo: {},
  cookies: ['PHPSESSID', 'csrftoken'],
  headers: [],
  values: [],
};

test('a live session: how long, since when, which cookies', () => {
  const lines = sessionLines(
    {
      ...NONE,
      state: 'live',
      main: MAIN,
      keepalive: { nextAt: '2026-11-21T06:04:00.000Z', failures: 1 },
      stats: { logins: 7, errors: 1, usualLoginMs: 128 },
    },
    NOW,
  );
  expect(lines).toEqual([
    'state         live, expires in 54 min',
    'session       7.2, logged in 6 min ago, until 2026-11-21T06:54:00.000Z',
    'cookies       PHPSESSID, csrftoken',
    'headers       none',
    'backup        none',
    'lockout       none',
    'last failure  none',
    'keepalive     next in 4 min, 1 failure in a row',
    'logins        7, 1 error, a login takes 128 ms',
  ]);
});

test('a lockout is said first, also over a session that still lives', () => {
  const lines = sessionLines(
    {
      ...NONE,
      state: 'locked-out',
      main: MAIN,
      lockout: { refusals: 3, lockedUntil: '2026-11-21T06:10:00.000Z' },
      lastFailure: { code: 'AUTHENTICATION_FAILED', count: 3, at: '2026-11-21T05:59:30.000Z' },
    },
    NOW,
  );
  expect(lines).toContain('state         locked-out, the current session may still work');
  expect(lines).toContain(
    'lockout       for another 10 min, until 2026-11-21T06:10:00.000Z: credentials refused 3 times in a row',
  );
  expect(lines).toContain('last failure  AUTHENTICATION_FAILED, 30 s ago, 3 times in a row');
});

test.each([
  [0, '0 s'],
  [-5_000, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '1 h'],
  [90_000_000, '1 d'],
])('%i ms is %s', (ms, text) => {
  expect(span(ms)).toBe(text);
});

test('a session from a person, and that one is wanted', () => {
  const taken = { ...MAIN, loginInfo: { trigger: 'import' }, values: ['token'] };
  const lines = sessionLines({ ...NONE, state: 'live', main: taken }, NOW);
  expect(lines[1]).toBe(
    'session       7.2, taken over from a browser 6 min ago, until 2026-11-21T06:54:00.000Z',
  );
  expect(lines).toContain('values        token');
  expect(sessionLines({ ...NONE, state: 'needs-person' }, NOW)[0]).toBe(
    'state         needs-person: log in with a browser, then gatehouse session import',
  );
});
