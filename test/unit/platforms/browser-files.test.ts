/** Files of browsers and their extensions, in their real shapes, and hostile ones. */
import { describe, expect, it } from 'vitest';
import { readCookieList } from '../../../lib/platforms/browser-files/cookie-list.ts';
import { readCookiesTxt } from '../../../lib/platforms/browser-files/cookies-txt.ts';
import { cookiesOfHost } from '../../../lib/platforms/browser-files/found.ts';
import { sessionOfHar } from '../../../lib/platforms/browser-files/har-session.ts';

const NOW = Date.parse('2026-11-22T08:00:00Z');
const HOST = 'work.gov.example';
const later = NOW / 1_000 + 3_600;
const named = (cookies: { name: string; value: string }[]) =>
  Object.fromEntries(cookies.map(({ name, value }) => [name, value]));

describe('cookies.txt', () => {
  const TXT = [
    '# Netscape HTTP Cookie File',
    '# https://curl.se/docs/http-cookies.html',
    '',
    `#HttpOnly_${HOST}\tFALSE\t/\tTRUE\t0\tPHPSESSID\tabc`,
    `.gov.example\tTRUE\t/app\tFALSE\t${later}\ttheme\tdark, "wide"`,
    `${HOST}\tFALSE\t/\tFALSE\t${NOW / 1_000 - 1}\told\tx`,
    `.ads.example\tTRUE\t/\tFALSE\t${later}\tad\tx`,
    `other.gov.example\tFALSE\t/\tFALSE\t0\to\tx`,
    `gov.example\tFALSE\t/\tFALSE\t0\tof-the-parent-alone\tx`,
    `${HOST}\tFALSE\t/\tFALSE\t0\tempty\t`,
    `${HOST}\tFALSE\t/\tFALSE\t0\tchinese\t令牌`,
  ].join('\r\n');

  it('gives what the host is sent, and says what it leaves out', () => {
    const { cookies, leftOut } = cookiesOfHost(readCookiesTxt(TXT), HOST, NOW);
    expect(cookies).toEqual([
      { name: 'PHPSESSID', value: 'abc', path: '/', secure: true },
      {
        name: 'theme',
        value: 'dark, "wide"',
        domain: 'gov.example',
        path: '/app',
        expires: '2026-11-22T09:00:00.000Z',
        secure: false,
      },
      { name: 'empty', value: '', path: '/', secure: false },
    ]);
    expect(leftOut).toEqual([
      'cookies of other hosts: ads.example, other.gov.example, gov.example',
      'cookies that have ended: old',
      'cookies that no header can carry: chinese',
    ]);
  });

  it.each([
    'a line of text',
    `${HOST}\tFALSE\t/\tTRUE\tsoon\tsecret-name\tsecret-value`,
    `${HOST}\tMAYBE\t/\tTRUE\t0\tsecret-name\tsecret-value`,
    `${HOST} FALSE / TRUE 0 secret-name secret-value`,
    `${HOST}\tFALSE\t/\tTRUE\t0\tsecret-name\tsecret-value\tmore`,
  ])('%j is none, and is not quoted', (line) => {
    const read = () => readCookiesTxt(`# Netscape\n${line}`);
    expect(read).toThrow('Line 2 is none of a cookies.txt.');
  });

  it('an address has no domain above it', () => {
    const found = readCookiesTxt('.0.0.1\tTRUE\t/\tFALSE\t0\ta\tb\n127.0.0.1\tFALSE\t/\tFALSE\t0\tc\td');
    expect(named(cookiesOfHost(found, '127.0.0.1', NOW).cookies)).toEqual({ c: 'd' });
  });
});

describe('the JSON of an extension', () => {
  it.each<[what: string, document: unknown]>([
    [
      'EditThisCookie, Cookie-Editor',
      [
        {
          domain: HOST,
          expirationDate: later + 0.5,
          hostOnly: true,
          httpOnly: true,
          name: 'sid',
          path: '/',
          sameSite: 'no_restriction',
          secure: true,
          session: false,
          storeId: '0',
          value: 'abc',
          id: 1,
        },
      ],
    ],
    [
      'Playwright',
      {
        cookies: [
          {
            name: 'sid',
            value: 'abc',
            domain: HOST,
            path: '/',
            expires: later + 0.5,
            httpOnly: true,
            secure: true,
          },
        ],
        origins: [],
      },
    ],
    ['Selenium', [{ name: 'sid', value: 'abc', domain: HOST, path: '/', expiry: later + 0.5, secure: true }]],
  ])('%s', (_what, document) => {
    expect(cookiesOfHost(readCookieList(document), HOST, NOW).cookies).toEqual([
      { name: 'sid', value: 'abc', path: '/', expires: '2026-11-22T09:00:00.500Z', secure: true },
    ]);
  });

  it('a session cookie ends with nothing, and a dot makes it one of the hosts below', () => {
    const found = readCookieList([
      { name: 'a', value: '1', domain: '.gov.example', session: true, expirationDate: 1 },
      { name: 'b', value: '2', domain: HOST, expires: -1 },
    ]);
    expect(cookiesOfHost(found, HOST, NOW).cookies).toEqual([
      { name: 'a', value: '1', domain: 'gov.example', path: '/', secure: false },
      { name: 'b', value: '2', path: '/', secure: false },
    ]);
  });

  it.each([[{}], [[{ name: 'a', value: 'canary' }]], [[7]], [null], [{ cookies: 'canary' }], ['canary']])(
    '%j is none, and is not quoted',
    (document) => {
      expect(() => readCookieList(document)).toThrow(/^This is no list of cookies: (?!.*canary)/);
    },
  );
});

describe('a HAR', () => {
  const base = `https://${HOST}`;
  let second = 0;
  const entry = (
    url: string,
    {
      sent = [] as [string, string][],
      set = [] as string[],
      at = `2026-11-22T07:00:${10 + (second += 1)}.000Z`,
    } = {},
  ) => ({
    startedDateTime: at,
    request: {
      method: 'GET',
      url,
      headers: sent.map(([name, value]) => ({ name, value })),
      cookies: [],
    },
    response: { status: 200, headers: set.map((value) => ({ name: 'Set-Cookie', value })) },
  });
  const read = (entries: unknown[], wanted: string[] = []) =>
    sessionOfHar({ log: { version: '1.2', entries } }, { host: HOST, wanted, now: NOW });

  it('gives the cookies as the browser had them at its end', () => {
    const { cookies, leftOut } = read([
      entry(`${base}/login`, { set: ['sid=one; Path=/; HttpOnly; Secure', 'pre=1; Path=/; Max-Age=60'] }),
      entry(`${base}/login`, {
        sent: [['Cookie', 'sid=one; pre=1']],
        set: ['sid=two; Path=/; Secure\nt=1; Path=/app'],
      }),
      entry(`${base}/app/x`, { sent: [['cookie', 'sid=two; t=2; by-script=3']] }),
      entry(`${base}/app/y`, { set: ['by-script=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'] }),
      entry('https://cdn.example/x', { sent: [['Cookie', 'cdn=1']] }),
      entry('https://nothing.example/x'),
    ]);
    expect(named(cookies)).toEqual({ sid: 'two', t: '2' });
    expect(cookies.find(({ name }) => name === 't')).toMatchObject({ path: '/app' });
    expect(cookies.find(({ name }) => name === 'sid')).toMatchObject({ secure: true });
    expect(leftOut).toEqual(['cookies of other hosts: cdn.example']);
  });

  it('whose entries are in another order than they were made: the newest wins', () => {
    const { cookies } = read([
      entry(`${base}/b`, { sent: [['Cookie', 'sid=new']], at: '2026-11-22T07:30:00+00:00' }),
      entry(`${base}/a`, { sent: [['Cookie', 'sid=old']], at: '2026-11-22T08:20:00+01:00' }),
    ]);
    expect(named(cookies)).toEqual({ sid: 'new' });
  });

  it('headers are taken by their names only, of the newest request', () => {
    const entries = [
      entry(`${base}/a`, {
        sent: [
          ['Authorization', 'Bearer old'],
          ['X-Tenant', 'north'],
        ],
      }),
      entry(`${base}/b`, { sent: [['authorization', 'Bearer new']] }),
      entry('https://other.example/', { sent: [['X-Other', 'x']] }),
    ];
    expect(read(entries)).toEqual({
      cookies: [],
      headers: {},
      leftOut: ['header authorization: take it with --with-headers'],
    });
    expect(read(entries, ['Authorization', 'X-Tenant', 'X-Other'])).toEqual({
      cookies: [],
      headers: { authorization: 'Bearer new', 'x-tenant': 'north' },
      leftOut: ['header x-other: no request has it'],
    });
  });

  it('takes what only the list of cookies shows (Safari), and cookies bound to the host', () => {
    const { request, ...rest } = entry(`${base}/`);
    const cookies = [{ name: '__Host-sid', value: 'abc', path: '/' }];
    expect(read([{ ...rest, request: { ...request, cookies } }]).cookies).toEqual([
      { name: '__Host-sid', value: 'abc', path: '/', secure: true },
    ]);
  });

  it.each([[null], [[]], [{}], [{ log: {} }], [{ log: { entries: 'x' } }]])('%j is none', (document) => {
    expect(() => sessionOfHar(document, { host: HOST, wanted: [], now: NOW })).toThrow('not a HAR');
  });

  it('hostile entries hold nothing, and break nothing', () => {
    const hostile = [
      {},
      { request: 7 },
      { request: { url: 'javascript:x', headers: [], cookies: [] } },
      { request: { url: `${base}/`, headers: 'x', cookies: {} }, response: { headers: [null, { name: 1 }] } },
      entry(`${base}/`, {
        sent: [['Cookie', '__proto__=x; =; ;;; constructor=y']],
        set: ['a=b; Domain=example', 'c=d; Domain=evil.test', `${'x'.repeat(9_000)}=1`, ''],
        at: 'yesterday',
      }),
    ];
    const { cookies } = read(hostile);
    expect(named(cookies)).toEqual(
      Object.fromEntries([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    );
  });
});
