import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createJar,
  jarFingerprint,
  JAR_LIMITS,
  openJar,
  storeJar,
  withSetCookies,
} from '../../../lib/platforms/cookies/jar.ts';
import { CookieHeaders, cookieValues } from '../../../lib/platforms/cookies/session-cookies.ts';

const CORPUS = new URL('../../../../shared/corpora/http-state-parser.json', import.meta.url);
const NOW = Date.parse('2026-01-01T00:00:00Z');
const empty = () => storeJar(createJar(), NOW);

interface Case {
  test: string;
  received: string[];
  sent: { name: string; value: string }[];
  'sent-to'?: string;
}

if (!existsSync(CORPUS)) console.log('Skipped: the http-state corpus is not at ../shared/corpora.');
describe.skipIf(!existsSync(CORPUS))('S7: http-state corpus', () => {
  it('agrees with at least 218 of 222 cases, after a round trip through the store', () => {
    const cases = JSON.parse(readFileSync(CORPUS, 'utf8')) as Case[];
    const disagreeing = cases.filter(({ test, received, sent, ...to }) => {
      const from = `http://home.example.org/cookie-parser?${test}`;
      const target = new URL(to['sent-to'] ?? `/cookie-parser-result?${test}`, from).href;
      // In the corpus, 2019 is still to come.
      const then = Date.parse('2012-01-01T00:00:00Z');
      const jar = withSetCookies(empty(), from, received, then);
      const header = new CookieHeaders(jar, () => then).for(target).header;
      const pairs = sent.map(({ name, value }) => (name === '' ? value : `${name}=${value}`));
      return header !== (pairs.length === 0 ? undefined : pairs.join('; '));
    });
    expect(cases).toHaveLength(222);
    expect(disagreeing.length).toBeLessThanOrEqual(4);
  });
});

describe('the jar', () => {
  const url = 'http://127.0.0.1:8080/a/b';

  it('keeps domain, path, secure and expiry over storage', () => {
    const jar = withSetCookies(
      empty(),
      'https://www.example.com/a/b',
      ['s=1; Secure; Path=/a; Domain=example.com', 'h=2'],
      NOW,
    );
    const again = storeJar(openJar(jar), NOW);
    expect(jarFingerprint(again, true)).toBe(jarFingerprint(jar, true));
    const headers = new CookieHeaders(again, () => NOW);
    expect(headers.for('https://www.example.com/a/x').header).toBe('s=1; h=2');
    expect(headers.for('https://api.example.com/a').header).toBe('s=1');
    expect(headers.for('http://www.example.com/a/x').header).toBe('h=2');
    expect(headers.for('https://www.example.com/').header).toBeUndefined();
    expect(headers.for('https://example.org/a/').header).toBeUndefined();
  });

  it('counts Max-Age from when the cookie was set, not from when it was last read', () => {
    const jar = withSetCookies(empty(), url, ['m=1; Max-Age=60', 'never=1; Max-Age=0'], NOW);
    let now = NOW;
    const headers = new CookieHeaders(jar, () => now);
    expect(headers.for(url).header).toBe('m=1');
    now += 59_000;
    expect(headers.for(url).header).toBe('m=1');
    now += 1_000;
    expect(headers.for(url).header).toBeUndefined();
  });

  it('S7: keeps the newest within its limits', () => {
    const lines = Array.from({ length: 400 }, (_, i) => `c${i}=v; Path=/`);
    const jar = withSetCookies(empty(), url, lines, NOW);
    expect(jar.cookies).toHaveLength(JAR_LIMITS.perDomain);
    expect(jar.cookies.at(-1)?.key).toBe('c399');
    const many = createJar();
    for (let i = 0; i < 1_000; i++) many.setCookieSync('a=1', `http://h${i}.example.com/`);
    many.setCookieSync(`b=${'x'.repeat(9_000)}`, 'http://h.example.org/');
    expect(storeJar(many, NOW).cookies).toHaveLength(JAR_LIMITS.total);
    expect(storeJar(many, NOW).cookies.some(({ key }) => key === 'b')).toBe(false);
  });

  it('shows templates the cookie of the service’s own host where two share a name', () => {
    let jar = withSetCookies(
      empty(),
      'https://www.example.com/',
      ['csrf=mine; Path=/deep', 'old=1; Max-Age=1'],
      NOW - 5_000,
    );
    jar = withSetCookies(jar, 'https://sso.example.com/', ['csrf=theirs', 'sso=1'], NOW);
    expect(cookieValues(jar, 'https://www.example.com', NOW)).toEqual({ csrf: 'mine', sso: '1' });
  });
});

describe('Cookie headers', () => {
  it('are computed once per class of URL, however many paths there are', () => {
    const jar = withSetCookies(empty(), 'https://x.example.com/', ['a=1', 'b=2; Path=/admin'], NOW);
    let reads = 0;
    const headers = new CookieHeaders(jar, () => {
      reads += 1;
      return NOW;
    });
    for (let i = 0; i < 100; i++) headers.for(`https://x.example.com/api/${i}?q=/admin`);
    // One look at the clock per lookup, and one more for the one computation.
    expect(reads).toBe(100);
    expect(headers.for('https://x.example.com/admin/users').header).toBe('b=2; a=1');
    expect(headers.for('https://x.example.com/administrator').header).toBe('a=1');
    expect(headers.for('https://x.example.com').header).toBe('a=1');
  });
});
