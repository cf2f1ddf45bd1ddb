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
  it('an invalidated one still counts', () => {
    expect(loginOf('8.invalidated')).toBe(8);
    expect(loginOf('rubbish')).toBe(0);
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
  it('polls from the start while nobody has measured a login', () => {
    expect(createLoginWait().next(0, 0)).toBe(50);
  });
});
