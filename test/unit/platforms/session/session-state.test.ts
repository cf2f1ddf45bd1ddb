import { describe, expect, it } from 'vitest';
import { formatGeneration, loginOf, parseGeneration } from '../../../../lib/platforms/session/generation.ts';
import { createLoginWait } from '../../../../lib/platforms/session/login-wait.ts';
import { assess, TRUST_MS } from '../../../../lib/platforms/session/session-state.ts';

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

describe('waiting for a login', () => {
  it('sleeps 0.9 of the usual time first, then polls, growing slowly and never past 250 ms', () => {
    const wait = createLoginWait();
    expect(wait.next(100, 1_000)).toBe(800);
    expect(wait.next(905, 1_000)).toBe(10);
    expect(wait.next(915, 1_000)).toBe(12);
    for (let i = 0; i < 50; i++) wait.next(2_000, 1_000);
    expect(wait.next(9_000, 1_000)).toBe(250);
  });
  it('looks once a second at least, however long a login usually takes', () => {
    const wait = createLoginWait();
    expect(wait.next(0, 60_000)).toBe(1_000);
    expect(wait.next(53_500, 60_000)).toBe(500);
    // What is left of it is no longer than the first poll.
    expect(wait.next(53_990, 60_000)).toBe(10);
    expect(wait.next(53_980, 60_000)).toBe(20);
  });
  it('polls from the start while nobody has measured a login', () => {
    const wait = createLoginWait();
    expect([wait.next(0, 0), wait.next(50, 0), wait.next(110, 0)]).toEqual([50, 60, 72]);
  });
});
