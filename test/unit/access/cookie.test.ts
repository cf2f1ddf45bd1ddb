import { describe, expect, it } from 'vitest';
import { identify } from '../../../functions/authorizer/authorizer.ts';
import { endedCookie, sessionCookie, sessionToken } from '../../../lib/access/people/cookie.ts';
import { ANONYMOUS } from '../../../lib/access/roles.ts';

const TOKEN = 'tok3n-_'.padEnd(43, 'x');
const ours = `gatehouse_session=${TOKEN}`;

describe('the cookie of a session', () => {
  it('is HttpOnly, strict, and secure but on loopback', () => {
    const attributes = `Max-Age=43200; Path=/; HttpOnly; SameSite=Strict`;
    expect(sessionCookie(TOKEN, true)).toBe(`${ours}; ${attributes}`);
    expect(sessionCookie(TOKEN, false)).toBe(`${ours}; ${attributes}; Secure`);
    expect(endedCookie(false)).toMatch(/^gatehouse_session=; Max-Age=0; Path=\/; .*; Secure$/);
  });

  it.each([
    [[ours], TOKEN],
    [['a=b', ` ${ours} `, 'c=d'], TOKEN],
    [[], undefined],
    [['a=b'], undefined],
    [[ours, ours], undefined],
    [[ours, 'gatehouse_session=tossed'], undefined],
    [[`${ours}x`], undefined],
    [[`gatehouse_session=${'x'.repeat(100_000)}`], undefined],
    [['gatehouse_session='], undefined],
    [[`gatehouse_session="${TOKEN.slice(2)}"`], undefined],
    [[`not_gatehouse_session=${TOKEN}`], undefined],
    [[`Gatehouse_Session=${TOKEN}`], undefined],
  ])('%# its token is found only where it is one, once', (cookies, token) => {
    expect(sessionToken(cookies)).toBe(token);
  });
});

describe('whom the authorizer asks', () => {
  const asked: string[] = [];
  const asking = (whom: string) => ({
    identify: async (token: string) => {
      asked.push(`${whom} ${token}`);
      return ANONYMOUS;
    },
  });
  const ask = async (shown: Parameters<typeof identify>[0]) => {
    asked.length = 0;
    await identify(shown, { keys: asking('keys'), people: asking('people') });
    return asked;
  };

  it.each([
    ['a key', { headers: { authorization: 'Bearer gh_a' } }, ['keys gh_a']],
    ['a cookie, as API Gateway splits them', { headers: {}, cookies: ['a=b', ours] }, [`people ${TOKEN}`]],
    ['a cookie in its header', { headers: { cookie: `a=b; ${ours}` } }, [`people ${TOKEN}`]],
    ['both', { headers: { authorization: 'Bearer gh_a' }, cookies: [ours] }, ['keys gh_a']],
    ['a cookie and another Authorization', { headers: { authorization: 'Basic x' }, cookies: [ours] }, []],
    ['a cookie and an empty one', { headers: { authorization: '' }, cookies: [ours] }, []],
    ['neither', {}, []],
  ])('%s', async (_name, shown, expected) => {
    expect(await ask(shown)).toEqual(expected);
  });
});
