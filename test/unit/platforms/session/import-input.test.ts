/** What a person may hand over of a browser's session, and what is said of what does not fit. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CookieHeaders } from '../../../../lib/platforms/cookies/session-cookies.ts';
import { readImport, SessionImport } from '../../../../lib/platforms/session/import-input.ts';
import { fieldErrors } from '../../../../lib/runtime/field-errors.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { LOGIN, serviceOf } from './service.ts';

// Long ago, so that what the wall clock says of an expiry shows.
const NOW = Date.parse('2020-05-01T10:00:00Z');
const BASE = 'https://work.gov.example';
const at = (ms: number) => new Date(NOW + ms).toISOString();
const cookie = { name: 'a', value: 'b' };

const read = (input: z.input<typeof SessionImport>, service = serviceOf()) =>
  readImport(service.definition, SessionImport.parse(input), NOW);

/** What a URL is sent, at the moment of the import or later. */
const sent = (
  cookies: z.input<typeof SessionImport>['cookies'],
  url = `${BASE}/x`,
  later = 0,
  baseUrl = BASE,
) => new CookieHeaders(read({ cookies }, serviceOf({ baseUrl })).jar, () => NOW + later).for(url).header;

/** `field message` of all that is said, by the schema of the route, else by the platform. */
function faults(body: object, service = serviceOf()): string[] {
  const parsed = SessionImport.safeParse(body);
  if (!parsed.success) return fieldErrors(parsed.error).map(({ field, message }) => `${field} ${message}`);
  try {
    readImport(service.definition, parsed.data, NOW);
    return [];
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return error.fields!.map(({ field, message }) => `${field} ${message}`);
  }
}

describe('a list of cookies', () => {
  it('is sent as the browser would send it: to the host, over http too, below the path', () => {
    expect(sent([cookie])).toBe('a=b');
    expect(sent([cookie], 'http://work.gov.example/x')).toBe('a=b');
    expect(sent([cookie], 'https://www.work.gov.example/x')).toBeUndefined();
    expect(sent([{ ...cookie, path: '/admin' }], `${BASE}/admin/x`)).toBe('a=b');
    expect(sent([{ ...cookie, path: '/admin' }], `${BASE}/x`)).toBeUndefined();
  });

  it('that is secure goes over TLS alone', () => {
    expect(sent([{ ...cookie, secure: true }])).toBe('a=b');
    expect(sent([{ ...cookie, secure: true }], 'http://work.gov.example/x')).toBeUndefined();
  });

  it('that ends is sent until then', () => {
    const ending = [{ ...cookie, expires: at(60_000) }];
    expect(sent(ending, undefined, 59_000)).toBe('a=b');
    expect(sent(ending, undefined, 60_000)).toBeUndefined();
    expect(sent([cookie], undefined, 1e12)).toBe('a=b');
  });

  it('keeps a time of any offset', () => {
    const east = '2020-05-01T18:01:00+08:00';
    expect(sent([{ ...cookie, expires: east }], undefined, 59_000)).toBe('a=b');
    expect(read({ cookies: [cookie], expiresAt: east }).endsAt).toBe(NOW + 60_000);
  });

  it.each(['gov.example', '.gov.example', '.GOV.Example', 'work.gov.example'])(
    'of the domain %s goes to all its hosts',
    (domain) => {
      const list = [{ ...cookie, domain }];
      expect(sent(list)).toBe('a=b');
      expect(sent(list, 'https://api.work.gov.example/')).toBe('a=b');
    },
  );

  it.each([
    ['http://127.0.0.1:8080', '127.0.0.1'],
    ['http://localhost:8080', 'localhost'],
    ['http://intranet', 'intranet'],
  ])('of a laptop: %s', (baseUrl, domain) => {
    expect(sent([{ ...cookie, domain }], `${baseUrl}/x`, 0, baseUrl)).toBe('a=b');
  });

  it('names and values may be all that browsers send', () => {
    expect(sent([{ name: 'a!#~:.-Z9', value: `"x, y"=~\x80\xff` }])).toBe(`a!#~:.-Z9="x, y"=~\x80\xff`);
    expect(sent([{ name: 'a', value: '' }])).toBe('a=');
    expect(sent([{ name: 'a', value: 'b', path: '/~x/!' }], `${BASE}/~x/!`)).toBe('a=b');
  });
});

it('what is stored is what was given, and no more', () => {
  const stored = [{ key: 'a', value: 'b', domain: 'work.gov.example', path: '/', hostOnly: true }];
  const times = { creation: at(0), lastAccessed: expect.any(String) as string };
  for (const cookies of [[cookie], 'a=b']) {
    expect(read({ cookies }).jar.cookies).toEqual(stored.map((each) => ({ ...each, ...times })));
  }
});

describe('a Cookie header', () => {
  it.each([
    ['a=b; c=d', 'a=b; c=d'],
    ['a=b;c=d', 'a=b; c=d'],
    [' a=b; c==d= \n', 'a=b; c==d='],
    ['my-cookie:1=x', 'my-cookie:1=x'],
    ['a=', 'a='],
  ])('%j', (header, expected) => {
    expect(sent(header)).toBe(expected);
    expect(sent(header, `${BASE}/deep/er`)).toBe(expected);
  });

  it('has prefixes that hold', () => {
    expect(sent('__Secure-a=1; __Host-b=2')).toBe('__Secure-a=1; __Host-b=2');
    expect(sent('__Secure-a=1', 'http://work.gov.example/')).toBeUndefined();
    expect(sent('x__Secure-a=1', 'http://h.example/', 0, 'http://h.example')).toBe('x__Secure-a=1');
    expect(faults({ cookies: '__Secure-a=1' }, serviceOf({ baseUrl: 'http://h.example' }))).toEqual([
      'cookies.0 would never be sent to http://h.example',
    ]);
  });

  it.each([
    ['', 'is no Cookie header: its pair 1 is not name=value'],
    ['a=b; token', 'is no Cookie header: its pair 2 is not name=value'],
    ['Cookie:a=b', 'is no Cookie header: its pair 1 is not name=value'],
    ['cookie: a=b', 'is no Cookie header: its pair 1 is not name=value'],
    ['=b', 'is no Cookie header: its pair 1 is not name=value'],
    ['a b=c', 'is no Cookie header: its pair 1 is not name=value'],
    ['a=b\r\nX: y', 'is no Cookie header: its pair 1 is not name=value'],
    ['a=令牌', 'is no Cookie header: its pair 1 is not name=value'],
    ['a=b; a=c', 'names a twice: give a list, with their paths'],
    [`b=1; a=${'x'.repeat(8_191)}`, 'has a pair 2 of more than 8192 characters'],
    [Array.from({ length: 101 }, (_, n) => `a${n}=b`).join('; '), 'has more than 100 cookies'],
  ])('is none: %j', (header, message) => {
    expect(faults({ cookies: header })).toEqual([`cookies ${message}`]);
  });

  it('may have 100 cookies, and one of 8,192 characters', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => `a${n}=b`).join('; ');
    expect(sent(hundred)).toBe(hundred);
    const long = `a=${'x'.repeat(8_190)}`;
    expect(sent(long)).toBe(long);
  });
});

describe('what does not fit is named by its field', () => {
  it.each<[what: string, body: object, fault: string]>([
    ['nothing', {}, 'cookies is required, unless headers or values are given'],
    ['cookies of no kind', { cookies: 7 }, 'cookies must be a list, or a Cookie header'],
    ['an empty list', { cookies: [] }, 'cookies is required, unless headers or values are given'],
    [
      'a foreign domain',
      { cookies: [cookie, { ...cookie, domain: 'evil.test' }] },
      'cookies.1.domain is not a domain of work.gov.example',
    ],
    [
      'a domain that only ends alike',
      { cookies: [{ ...cookie, domain: 'ov.example' }] },
      'cookies.0.domain is not a domain of work.gov.example',
    ],
    [
      'a subdomain',
      { cookies: [{ ...cookie, domain: 'x.work.gov.example' }] },
      'cookies.0.domain is not a domain of work.gov.example',
    ],
    [
      'a domain that belongs to nobody, after a cookie that fits',
      { cookies: [cookie, { ...cookie, name: 'c', domain: 'example' }] },
      `cookies.1 would never be sent to ${BASE}`,
    ],
    [
      'a cookie that has ended',
      { cookies: [{ ...cookie, expires: at(-1) }] },
      'cookies.0.expires is in the past',
    ],
    ['one that ends now', { cookies: [{ ...cookie, expires: at(0) }] }, 'cookies.0.expires is in the past'],
    ['an end that is now', { cookies: [cookie], expiresAt: at(0) }, 'expiresAt is in the past'],
    [
      'a header of the message',
      { headers: { 'Content-Type': 'x' } },
      'headers.Content-Type is not a header of a session',
    ],
    [
      'one of the proxy',
      { headers: { 'proxy-authorization': 'x' } },
      'headers.proxy-authorization is not a header of a session',
    ],
    ['cookies as a header', { headers: { Cookie: 'a=b' } }, 'headers.Cookie is not a header of a session'],
    ['cookies of RFC 2965', { headers: { cookie2: 'a=b' } }, 'headers.cookie2 is not a header of a session'],
    [
      'a value that nobody declared',
      { values: { token: 'x', tenant: 'y' } },
      'values.token is not declared: auth.sessionValues does not name it, and the login does not extract it',
    ],
    [
      'values of more than 100,000 characters',
      { values: { tenant: 'x'.repeat(100_000) } },
      'values is longer than 100000 characters',
    ],
    [
      'a name of no cookie, at its start',
      { cookies: [{ ...cookie, name: ' a' }] },
      'cookies.0.name is not a cookie name',
    ],
    ['and at its end', { cookies: [{ ...cookie, name: 'a\n' }] }, 'cookies.0.name is not a cookie name'],
    [
      'a line break in a value',
      { cookies: [{ ...cookie, value: 'a\r\nX: y' }] },
      'cookies.0.value must not contain ";", control characters, or what is not Latin-1',
    ],
    [
      'a value that begins a line',
      { cookies: [{ ...cookie, value: '\nb' }] },
      'cookies.0.value must not contain ";", control characters, or what is not Latin-1',
    ],
    [
      'a path without its slash',
      { cookies: [{ ...cookie, path: 'x/y' }] },
      'cookies.0.path must start with "/"',
    ],
    [
      'a path that is two attributes',
      { cookies: [{ ...cookie, path: '/x; Secure' }] },
      'cookies.0.path must start with "/"',
    ],
    ['a header of two lines', { headers: { 'X-A': 'b\nc' } }, 'headers.X-A must be one line of Latin-1'],
    ['a header that begins a line', { headers: { 'X-A': '\nb' } }, 'headers.X-A must be one line of Latin-1'],
    ['a header that ends one', { headers: { 'X-A': 'b\n' } }, 'headers.X-A must be one line of Latin-1'],
    [
      'a field of another format',
      { cookies: [{ ...cookie, sameSite: 'Lax' }] },
      'cookies.0.sameSite is not a known field',
    ],
  ])('%s', (_what, body, fault) => {
    const service = serviceOf({ auth: { sessionValues: ['tenant'] } });
    expect(faults(body, service)).toEqual([fault]);
  });

  it.each([
    ['cookies.0.name', { cookies: [{ ...cookie, name: 'x'.repeat(257) }] }],
    ['cookies.0.value', { cookies: [{ ...cookie, value: 'x'.repeat(7_937) }] }],
    ['cookies.0.domain', { cookies: [{ ...cookie, domain: 'x'.repeat(256) }] }],
    ['cookies.0.domain', { cookies: [{ ...cookie, domain: '' }] }],
    ['cookies.0.path', { cookies: [{ ...cookie, path: `/${'x'.repeat(1_024)}` }] }],
    ['cookies', { cookies: Array.from({ length: 101 }, (_, n) => ({ ...cookie, name: `a${n}` })) }],
    ['cookies', { cookies: 'x'.repeat(64 * 1_024 + 1) }],
    ['headers.X-A', { headers: { 'X-A': '' } }],
    ['headers.X-A', { headers: { 'X-A': 'x'.repeat(8_193) } }],
    ['headers.X A', { headers: { 'X A': 'x' } }],
    ['values.1x', { values: { '1x': 1 } }],
    ['expiresAt', { expiresAt: 'tomorrow' }],
    ['jar', { jar: {} }],
  ])('too long, empty or of another kind: %s', (field, body) => {
    const found = faults(body);
    expect(found).toHaveLength(1);
    expect(found[0]!.startsWith(`${field} `)).toBe(true);
  });

  it('a body that is none is refused too, whatever it is', () => {
    for (const body of [null, undefined, 7, 'a=b', []]) {
      expect(SessionImport.safeParse(body).success).toBe(false);
    }
  });

  it('all at once: nobody has to try again for each', () => {
    expect(
      faults({ cookies: 'a=b; c', headers: { Host: 'x' }, values: { token: 1 }, expiresAt: at(-1) }),
    ).toEqual([
      'cookies is no Cookie header: its pair 2 is not name=value',
      'headers.Host is not a header of a session',
      'values.token is not declared: auth.sessionValues does not name it, and the login does not extract it',
      'expiresAt is in the past',
    ]);
  });

  it('as long as may be, it fits', () => {
    const service = serviceOf({ baseUrl: 'https://h.example', auth: { sessionValues: ['v'] } });
    const body = {
      cookies: [
        { name: 'x'.repeat(256), value: 'y'.repeat(7_936), path: `/${'x'.repeat(1_023)}` },
        ...Array.from({ length: 99 }, (_, n) => ({ ...cookie, name: `a${n}` })),
      ],
      headers: { 'X-A': 'x'.repeat(8_192) },
      values: { v: 'x'.repeat(100_000 - '{"v":""}'.length) },
    };
    expect(faults(body, service)).toEqual([]);
    const { jar } = readImport(service.definition, SessionImport.parse(body), NOW);
    expect(jar.cookies).toHaveLength(100);
  });
});

describe('beside cookies', () => {
  it.each([
    ['a header', { headers: { 'X-A': 'b' } }],
    ['a value', { values: { tenant: 1 } }],
    ['a cookie and a header', { cookies: 'a=b', headers: { 'X-A': 'b' } }],
    ['a cookie and a value', { cookies: 'a=b', values: { tenant: 1 } }],
    ['a header and a value', { headers: { 'X-A': 'b' }, values: { tenant: 1 } }],
  ])('%s is a session', (_what, body) => {
    expect(faults(body, serviceOf({ auth: { sessionValues: ['tenant'] } }))).toEqual([]);
  });

  it('headers are kept under small letters; those that only look like the connection’s are a session’s', () => {
    const headers = {
      Authorization: 'Bearer x',
      'X-Host': 'h',
      Tenant: 't',
      'content-': 'c',
      'X-B': ' ~\x80\xff',
    };
    expect(read({ headers }).headers).toEqual({
      authorization: 'Bearer x',
      'x-host': 'h',
      tenant: 't',
      'content-': 'c',
      'x-b': ' ~\x80\xff',
    });
  });

  it('values are those the definition declares, or its login extracts', () => {
    const auth = {
      login: { ...LOGIN, extract: { token: { header: 'x-token' } } },
      sessionValues: ['tenant'],
    };
    const values = { token: 't', tenant: { id: [1, null] } };
    expect(read({ values }, serviceOf({ auth }))).toMatchObject({
      values,
      headers: {},
      jar: { cookies: [] },
    });
  });
});

describe('it ends', () => {
  it('when the person says, else as the definition does', () => {
    const service = serviceOf({ auth: { sessionTimeoutSeconds: 900 } });
    expect(read({ cookies: 'a=b' }, service).endsAt).toBe(NOW + 900_000);
    expect(read({ cookies: 'a=b', expiresAt: at(1) }, service).endsAt).toBe(NOW + 1);
  });

  it('while its end can still be written as a date', () => {
    const { endsAt } = read({ cookies: 'a=b', expiresAt: '9999-12-31T23:59:59-12:00' });
    expect(new Date(endsAt).toISOString()).toBe('9999-01-01T00:00:00.000Z');
  });
});

it('the documented body says of each choice what it means', () => {
  const { properties } = z.toJSONSchema(SessionImport, { io: 'input' });
  const said = Object.entries(properties!).map(([name, schema]) => [
    name,
    (schema as { description?: string }).description,
  ]);
  expect(Object.fromEntries(said)).toEqual({
    cookies: expect.stringContaining('`a=b; c=d`') as string,
    headers: expect.stringContaining('every call') as string,
    values: expect.stringContaining('{{session.x}}') as string,
    expiresAt: expect.stringContaining('sessionTimeoutSeconds') as string,
  });
  expect(JSON.stringify(properties)).toContain("`baseUrl`'s host alone");
});
