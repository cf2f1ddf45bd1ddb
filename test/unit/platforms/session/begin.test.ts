import { describe, expect, it } from 'vitest';
import { beginAnswer, beginArguments, beginKeys } from '../../../../lib/platforms/session/begin.ts';
import type { BeginRequest } from '../../../../lib/platforms/session/begin.ts';
import { keysUnder } from '../../../../lib/platforms/session/keys.ts';

const request: BeginRequest = {
  owner: 'o',
  leaseMs: 60_000.2,
  newerThan: 4,
  refused: false,
  highestLogin: 5,
  seenFailure: undefined,
  credentialVersion: 'v1',
  tag: '1:v1',
  now: 1_800_000_000_000.9,
  budgetMs: 29_999.9,
  neededMs: 3_000,
  force: false,
  paysCaptcha: false,
};

describe('what the script is told', () => {
  it('of a caller: whole milliseconds, and no more than it knows', () => {
    expect(beginArguments(request)).toEqual([
      'o',
      60_001,
      4,
      0,
      5,
      '',
      'v1',
      '1:v1',
      1_800_000_000_000,
      29_999,
      3_000,
      0,
      0,
      0,
      0,
    ]);
  });
  it('of one whose session was refused', () => {
    const refused = { refused: true, operation: 'orders', seenFailure: 3, force: true };
    const all = { ...request, ...refused, paysCaptcha: true, withoutLogin: true };
    expect(beginArguments(all)).toEqual([
      'o',
      60_001,
      4,
      1,
      5,
      3,
      'v1',
      '1:v1',
      1_800_000_000_000,
      29_999,
      3_000,
      1,
      1,
      1,
      1,
    ]);
  });
  it.each([
    ['the pause of its operation', 'orders', 'p:session:vain:orders'],
    ['that of no operation', undefined, 'p:session:vain:'],
  ])('where to look: %s', (_, operation, key) => {
    const keys = beginKeys(keysUnder('p:'), { ...request, operation });
    expect(keys.filter((one) => one.includes('vain'))).toEqual([key]);
    expect(new Set(keys).size).toBe(12);
  });
});

describe('what it answers', () => {
  const stored = (generation: string) => () => Promise.resolve({ expires_at: '', generation });

  it('a session of the very login that was named', async () => {
    const document = { expires_at: '', generation: '7.1' };
    // Its cookies may have changed since.
    expect(await beginAnswer(['newer', 'sealed', '7.2'], stored('7.1'))).toEqual({
      kind: 'newer',
      session: { generation: { login: 7, revision: 2 }, document },
    });
  });
  it.each([
    ['of another login', stored('6.0')],
    ['that names none', stored('rubbish')],
    ['that cannot be read', () => Promise.resolve(undefined)],
  ])('a session %s is none', async (_, read) => {
    expect(await beginAnswer(['newer', 'sealed', '7.2'], read)).toEqual({ kind: 'unreadable', login: 7 });
  });
  it.each([
    [['locked', '900'], { kind: 'locked', forMs: 900 }],
    [['failed', 'CAPTCHA_FAILED', 'no luck'], { kind: 'failed', code: 'CAPTCHA_FAILED', message: 'no luck' }],
    [['failed', 'OF_LATER', ''], { kind: 'failed', code: 'PLATFORM_UNAVAILABLE', message: '' }],
    [
      ['backoff', 'LOGIN_UNCLEAR', '800', 'who knows'],
      { kind: 'backoff', code: 'PLATFORM_UNAVAILABLE', forMs: 800, message: 'who knows' },
    ],
    [
      ['running', '100', '3000', '4', '2000'],
      { kind: 'running', elapsedMs: 100, usualMs: 3_000, failure: 4, leastMs: 2_000 },
    ],
    [
      ['no-time', '3000', '1', '4', '2000'],
      { kind: 'no-time', usualMs: 3_000, first: true, failure: 4, leastMs: 2_000 },
    ],
    [
      ['no-time', '3000', '0', '4', '2000'],
      { kind: 'no-time', usualMs: 3_000, first: false, failure: 4, leastMs: 2_000 },
    ],
    [['needs-person', '1'], { kind: 'needs-person', first: true }],
    [['needs-person', '0'], { kind: 'needs-person', first: false }],
    [['in-vain', '60000'], { kind: 'in-vain', forMs: 60_000 }],
    [['acquired', '8', '3000', '0'], { kind: 'acquired', login: 8 }],
  ])('%j', async (answer, told) => {
    expect(await beginAnswer(answer, () => Promise.reject(new Error('nothing to read')))).toEqual(told);
  });
});
