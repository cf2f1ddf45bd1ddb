import { describe, expect, it } from 'vitest';
import { cookiesFor, keepCookies, MAX_COOKIES } from '../../../lib/platforms/cookies/collect.ts';
import { createJar } from '../../../lib/platforms/cookies/jar.ts';

const url = 'https://platform.example.com/app/login';

describe('the cookie jar of a login', () => {
  it('S7: keeps to IETF rules: foreign domains, public suffixes, prefixes, malformed lines', async () => {
    const jar = createJar();
    await keepCookies(jar, url, [
      'foreign=1; domain=evil.example.org',
      'suffix=1; domain=com',
      'sibling=1; domain=other.example.com',
      '__Host-a=1; path=/app; secure',
      '=nameless',
      'nothing',
      '',
      'parent=1; domain=.example.com; path=/',
      'mine=1; path=/',
    ]);
    expect(await cookiesFor(jar, url)).toEqual({ parent: '1', mine: '1' });
    expect(await cookiesFor(jar, 'https://example.com/')).toEqual({ parent: '1' });
  });

  it('S7: reads dates with commas and takes cookies away', async () => {
    const jar = createJar();
    await keepCookies(jar, url, [
      'a=1; expires=Wed, 21-Oct-2099 07:28:00 GMT; path=/',
      'b=1; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/',
      'c=1; path=/',
    ]);
    await keepCookies(jar, url, ['c=; max-age=0; path=/']);
    expect(await cookiesFor(jar, url)).toEqual({ a: '1' });
  });

  it('S7: 10,000 cookies are capped; the newest stay', async () => {
    const jar = createJar();
    await keepCookies(jar, url, ['old=1; path=/']);
    await keepCookies(
      jar,
      url,
      Array.from({ length: 10_000 }, (_, at) => `c${at}=${at}; path=/`),
    );
    await keepCookies(jar, url, ['session=the-one; path=/', `long=${'x'.repeat(10_000)}; path=/`]);
    const cookies = await cookiesFor(jar, url);
    expect(Object.keys(cookies)).toHaveLength(MAX_COOKIES);
    expect(cookies).toHaveProperty('session', 'the-one');
    expect(cookies).not.toHaveProperty('old');
    expect(cookies).not.toHaveProperty('long');
  });

  it('secure cookies do not go out over http; the longest path wins a name', async () => {
    const jar = createJar();
    await keepCookies(jar, url, ['s=1; secure; path=/', 'n=root; path=/', 'n=app; path=/app']);
    expect(await cookiesFor(jar, 'http://platform.example.com/')).toEqual({ n: 'root' });
    expect(await cookiesFor(jar, url)).toEqual({ s: '1', n: 'app' });
  });
});
