/**
 * A third party that gives back what we authenticate with, as debug pages, error handlers and echo services do: no
 * caller reads it, nor does anybody in the call log.
 */
import { createHash, createHmac } from 'node:crypto';
import iconv from 'iconv-lite';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';
import { reads, SPELLINGS } from '../secret-spellings.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

/** With what escapes are about. */
const SECRET = 'Canary/7f+3"Z<b>&9e\'x';
/** Percent-encoded in the cookie, shown decoded. */
const SESSION_COOKIE = 'canary=5f0e/9b1c==7d';

const operations = {
  get: { method: 'GET', path: '/echo' },
  post: { method: 'POST', path: '/echo', body: 'json' },
  templated: {
    method: 'POST',
    path: '/echo/{{credentials.pathKey}}',
    headers: { 'X-Signed': 'v1 {{credentials.password}}' },
    body: 'form',
    fields: { p: '{{credentials.password}}' },
  },
};

type Auth = Record<string, unknown>;
const STRATEGIES: [string, Auth, Record<string, string>][] = [
  ['API_KEY', { type: 'API_KEY', value: 'id=1 {{credentials.apiKey}}' }, { apiKey: SECRET }],
  ['API_KEY in the query', { type: 'API_KEY', in: 'query', name: 'key' }, { apiKey: SECRET }],
  ['API_KEY in a cookie', { type: 'API_KEY', in: 'cookie', name: 'key' }, { apiKey: SECRET }],
  ['BEARER', { type: 'BEARER' }, { token: SECRET }],
  ['BASIC', { type: 'BASIC' }, { username: 'shopkeeper', password: SECRET }],
  [
    'OAUTH2, whose token is given back',
    { type: 'OAUTH2' },
    { clientId: 'app', clientSecret: 'unseen-secret' },
  ],
  [
    'OAUTH2, whose client secret is given back',
    { type: 'OAUTH2' },
    { clientId: 'app', clientSecret: SECRET },
  ],
  [
    'SESSION',
    {
      type: 'SESSION',
      login: { submit: { path: '/login', fields: {} }, success: { status: 200 } },
      sessionHeaders: { 'X-Key': '{{credentials.apiKey}}', 'X-Auth-Token': '{{cookie.sid}}' },
    },
    { apiKey: SECRET },
  ],
  [
    'SESSION, whose password is in no call but the login',
    {
      type: 'SESSION',
      login: {
        submit: { path: '/login', fields: { p: '{{credentials.password}}' } },
        success: { status: 200 },
      },
    },
    { password: SECRET },
  ],
];

async function service(auth: Auth, credentials: Record<string, string>, parts: object = {}) {
  const code = `ECHO_${++count}`;
  const own =
    auth['type'] === 'SESSION'
      ? { keyPrefix: `${code}:` }
      : auth['type'] === 'OAUTH2'
        ? { tokenUrl: `${peer.url}/token` }
        : {};
  const definition = { code, name: 'x', baseUrl: peer.url, auth: { ...auth, ...own }, operations, ...parts };
  const retry = { serverError: { attempts: 0 }, networkTimeout: { attempts: 0 } };
  await gatehouse.register({ allowedPaths: ['/*'], retry, ...definition }, credentials);
  return code;
}

/** What every answer of the peer says, logins aside. */
function echo(
  status: number,
  spellings: ((secret: string) => string)[],
  around = (echoed: string) => echoed,
) {
  peer.answer(({ url }, response) => {
    if (url === '/login') {
      response.setHeader('set-cookie', `sid=${encodeURIComponent(SESSION_COOKIE)}; path=/`).end('in');
      return;
    }
    if (url === '/token') {
      response.end(JSON.stringify({ access_token: SECRET }));
      return;
    }
    const echoed = spellings
      .map((spell) => `${around(spell(SECRET))} | ${spell(SESSION_COOKIE)}`)
      .join(' ; ');
    response.writeHead(status, {
      'content-type': 'text/html',
      'x-echo': JSON.stringify(echoed).replace(/[^\x20-\x7e]/g, '?'),
      location: `/next?key=${encodeURIComponent(SECRET)}`,
    });
    response.end(`<p>debug: ${echoed}</p> the end`);
  });
}

it.each([200, 422, 500])(
  'H4 a page in the charset of the platform, with %i: no caller reads it',
  async (status) => {
    const password = '工单密码-二零二六';
    const code = await service(
      {
        type: 'SESSION',
        charset: 'gbk',
        login: {
          submit: { path: '/login', fields: { p: '{{credentials.password}}' } },
          success: { status: 200 },
        },
      },
      { password },
    );
    const page = iconv.encode(`<p>您的密码是 ${password}。</p>`, 'gbk');
    peer.answer(({ url }, response) => {
      if (url === '/login') response.setHeader('set-cookie', 'sid=1; path=/').end('in');
      else response.writeHead(status, { 'content-type': 'text/html; charset=gbk' }).end(page);
    });
    const raw = await gatehouse.ask('GET', `/v1/services/${code}/proxy/page`);
    expect([raw.status, raw.bytes.length]).toEqual([status, page.length]);
    const seen = iconv.decode(raw.bytes, 'gbk');
    expect(seen).toContain('您的密码是');
    expect(seen).not.toContain('工单密码');
    expect((await gatehouse.call(code, 'get')).text).not.toContain('工单密码');
    expect(await log(code)).not.toContain('工单密码');
  },
);

async function log(code: string): Promise<string> {
  return (await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`)).text;
}

describe.each(STRATEGIES)('H4 A3 %s', (_name, auth, credentials) => {
  const secrets = auth['type'] === 'SESSION' ? [SECRET, SESSION_COOKIE] : [SECRET];
  const codes: Record<string, string> = {};
  beforeAll(async () => void (codes['one'] = await service(auth, credentials)));
  beforeEach(() => void (peer.seen.length = 0));

  const all = Object.values(SPELLINGS);
  // An error shows 4 KB: a few spellings at a time. At 401 a session is renewed, and the fresh one refused too.
  const cases: [number, number, number][] = [
    ...[200, 400].flatMap((status) =>
      [0, 4, 8, 12, 16].map((from): [number, number, number] => [status, from, 4]),
    ),
    ...[401, 429, 500].map((status): [number, number, number] => [status, 0, 1]),
  ];

  it.each(cases)('with %i, spellings from %i on: no caller reads it', async (status, from, howMany) => {
    const code = codes['one']!;
    echo(status, all.slice(from, from + howMany));
    const proxy = `/v1/services/${code}/proxy/echo`;
    const answers = [
      await gatehouse.call(code, 'get'),
      await gatehouse.call(code, 'post', { a: 1 }),
      await gatehouse.ask('GET', `${proxy}?a=1`),
      await gatehouse.ask('POST', proxy, { body: 'x', headers: { 'idempotency-key': `${status}.${from}` } }),
    ];
    for (const answer of answers) {
      const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
      for (const secret of secrets) {
        expect(reads(answer.text, secret), answer.text).toBe(false);
        expect(reads(headers, secret), headers).toBe(false);
      }
      // The rest of the answer is there.
      expect(answer.text).toContain(status === 200 ? 'the end' : '');
    }
  });

  it('nobody reads it in the call log', async () => {
    const records = await log(codes['one']!);
    for (const secret of secrets) expect(reads(records, secret)).toBe(false);
    expect(records).toContain('the end');
  });
});

describe('H4 a secret that templates put into a request', () => {
  it('is not read in an answer either, wherever it was put', async () => {
    const code = await service({ type: 'NONE' }, { password: SECRET, pathKey: 'canary-path-key-1' });
    for (const status of [200, 400]) {
      peer.answer(({ url, headers, body }, response) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ url, signed: headers['x-signed'], form: body.toString(), end: 'the end' }),
        );
      });
      const { text } = await gatehouse.call(code, 'templated');
      for (const secret of [SECRET, 'canary-path-key-1']) expect(reads(text, secret)).toBe(false);
      expect(text).toContain('the end');
    }
    expect(reads(await log(code), SECRET)).toBe(false);
  });

  it('is not read where default headers carried it, whatever the status', async () => {
    const defaultHeaders = { 'X-Licence': '{{credentials.licence}}' };
    const code = await service({ type: 'NONE' }, { licence: SECRET }, { defaultHeaders });
    for (const status of [200, 403, 500, 999]) {
      peer.answer(({ headers }, response) => {
        response.writeHead(status, { 'content-type': 'text/plain' });
        response.end(`licence ${String(headers['x-licence'])}, the end`);
      });
      for (const { text } of [
        await gatehouse.call(code, 'get'),
        await gatehouse.ask('GET', `/v1/services/${code}/proxy/echo`),
      ]) {
        expect([status, reads(text, SECRET)]).toEqual([status, false]);
        expect(text).toContain('the end');
      }
    }
    expect(reads(await log(code), SECRET)).toBe(false);
  });
});

describe('H4 what filters make of credentials', () => {
  const username = 'shopkeeper-north';
  const credentials = { username, password: SECRET, key: 'canary-key-of-hmac' };
  const hashed = createHash('md5').update(SECRET).digest('hex').toUpperCase();
  const pair = Buffer.from(`${username}:${SECRET}`).toString('base64');
  const signed = (text: string) => createHmac('sha256', credentials.key).update(text).digest('base64url');
  const templates = {
    hashed: '{{credentials.password | md5 | upper}}',
    pair: '{{credentials.username | append: ":" | append: credentials.password | base64}}',
    signed: "{{params.x | default: 'x' | hmac_sha256: credentials.key | base64url}}",
  };
  const made = [hashed, pair, signed('x')];
  const ofDefaults = {
    'X-Made': `v1 ${templates.hashed};${templates.pair};{{settings.x | hmac_sha256: credentials.key | base64url}}`,
  };

  /** Gives back everything that it was sent. */
  const mirror = (status: number) =>
    peer.answer(({ url, headers, body }, response) => {
      const { 'x-made': header = '' } = headers;
      response.writeHead(url === '/login' ? 200 : status, { 'content-type': 'text/plain' });
      response.end(`${status} ${url} ${String(header)} ${body.toString()} | ${username} | the end`);
    });

  /** Of these, what a caller reads in answers of each kind, or anybody in the call log; and what is missing there. */
  async function wrongIn(code: string, ask: () => Promise<{ text: string }>, texts = made) {
    const wrong: string[] = [];
    for (const status of [200, 400, 500]) {
      mirror(status);
      const { text } = await ask();
      if (texts.some((secret) => reads(text, secret))) wrong.push(text);
      if (!text.includes(username) || !text.includes('the end')) wrong.push(`masked too much: ${text}`);
    }
    const records = await log(code);
    return texts.some((secret) => reads(records, secret)) ? [...wrong, records] : wrong;
  }

  it('is not read where an operation sent it: path, query, header, form, JSON', async () => {
    const fields = { ...templates, known: '{{credentials.username | trim}}' };
    const parts = {
      operations: {
        form: {
          method: 'POST',
          path: `/m/${templates.hashed}`,
          query: fields,
          headers: { 'X-Made': templates.pair },
          body: 'form',
          fields,
        },
        json: { method: 'POST', path: '/m', body: 'json', fields: { deep: [fields] } },
      },
    };
    const code = await service({ type: 'NONE' }, credentials, parts);
    for (const operation of ['form', 'json'])
      expect(await wrongIn(code, () => gatehouse.call(code, operation))).toEqual([]);
  });

  it('is not read where default headers sent it, by operation and by raw proxy', async () => {
    const parts = { defaultHeaders: ofDefaults, settings: { x: 'x' } };
    const code = await service({ type: 'NONE' }, credentials, parts);
    expect(await wrongIn(code, () => gatehouse.call(code, 'get'))).toEqual([]);
    expect(await wrongIn(code, () => gatehouse.ask('GET', `/v1/services/${code}/proxy/echo`))).toEqual([]);
  });

  it('is not read where a strategy sent it', async () => {
    const value = `k=${templates.hashed};v=${templates.pair}`;
    for (const auth of [
      { type: 'API_KEY', name: 'X-Made', value },
      {
        type: 'SESSION',
        login: { submit: { path: '/login', fields: {} }, success: { status: 200 } },
        sessionHeaders: { 'X-Made': value },
      },
    ]) {
      mirror(200);
      const code = await service(auth, credentials);
      expect(
        await wrongIn(code, () => gatehouse.ask('GET', `/v1/services/${code}/proxy/echo`), [hashed, pair]),
      ).toEqual([]);
      expect(await wrongIn(code, () => gatehouse.call(code, 'get'), [hashed, pair])).toEqual([]);
    }
  });

  it('is not read in the answer to the operation where a request before sent it, nor in that to the latter', async () => {
    const before = [
      { method: 'POST', path: '/before', fields: templates, extract: { seen: { matches: '^200.*' } } },
    ];
    const run = {
      method: 'POST',
      path: '/after',
      body: 'form',
      fields: { seen: '{{before.seen?}}' },
      before,
    };
    const code = await service({ type: 'NONE' }, credentials, { operations: { run } });
    expect(await wrongIn(code, () => gatehouse.call(code, 'run'))).toEqual([]);
  });

  it('is not read in the trace of a login', async () => {
    const signedByHand = '{{settings.x | hmac_sha256: credentials.key | base64url}}';
    const auth = {
      type: 'SESSION',
      login: {
        submit: {
          path: `/login/${templates.hashed}`,
          headers: { 'X-Made': templates.pair },
          fields: { ...templates, signed: signedByHand, nonce: '{{random.hex32}}' },
        },
        success: { status: 204 },
      },
    };
    const code = await service(auth, credentials, {
      settings: { x: 'x' },
      defaultHeaders: { 'X-Default': '{{credentials.password | sha1}}' },
    });
    const sha1 = createHash('sha1').update(SECRET).digest('hex');
    peer.answer(({ url, headers, body }, response) => {
      response.end(
        `wrong: ${url} ${String(headers['x-made'])} ${String(headers['x-default'])} ${body.toString()} the end`,
      );
    });
    await gatehouse.call(code, 'get');
    const attempts = await gatehouse.ask('GET', `/v1/admin/services/${code}/logins`);
    expect(attempts.text).toContain('the end');
    for (const secret of [...made, sha1]) expect(reads(attempts.text, secret), attempts.text).toBe(false);
  });
});

describe('H4 an error that is cut', () => {
  const auth = { type: 'BEARER' };

  it('shows no half of a secret at its end, wherever the cut falls', async () => {
    const code = await service(auth, { token: SECRET });
    for (let before = 4_060; before < 4_110; before += 3) {
      echo(400, [(s) => s], (echoed) => `${'x'.repeat(before)}${echoed}${'y'.repeat(100)}`);
      const { text } = await gatehouse.call(code, 'get');
      const runs = Array.from({ length: SECRET.length - 5 }, (_, at) => SECRET.slice(at, at + 6));
      expect(runs.filter((run) => text.includes(run))).toEqual([]);
    }
  });

  it('shows no half of a secret beside a mask by name', async () => {
    const token = 'canary1&canary2;canary3"canary4';
    const code = await service(auth, { token });
    for (const around of ['token=', '"password": "', 'Authorization: Bearer ', "sign='"]) {
      echo(400, [() => token], (echoed) => `${around}${echoed}`);
      expect((await gatehouse.call(code, 'get')).text).not.toMatch(/canary\d/);
    }
  });
});

describe('H4 what is not a secret', () => {
  it('stays as it is in an answer: numbers, digits, order, bytes', async () => {
    const code = await service({ type: 'BASIC' }, { username: 'shopkeeper', password: '12345678' });
    const data = '{"user":"shopkeeper","big":12345678901234567890123.10,"n":[1.0,2]}';
    peer.answer(
      (_request, response) => void response.setHeader('content-type', 'application/json').end(data),
    );
    const clean = await gatehouse.call(code, 'get');
    // The password's digits are within the number: it becomes text, and the document stays JSON.
    expect(clean.at('data')).toEqual({ user: 'shopkeeper', big: '***', n: [1, 2] });
    expect(clean.text).toContain('"n":[1.0,2]');
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256));
    peer.answer((_request, response) => void response.setHeader('content-type', 'image/png').end(bytes));
    expect((await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`)).bytes).toEqual(bytes);
  });

  it('stays where a session has it: language, department, a token against forged forms', async () => {
    const login = { submit: { path: '/login', fields: {} }, success: { status: 200 } };
    const sessionHeaders = { 'X-CSRFToken': '{{cookie.csrftoken}}', 'X-Requested-With': 'XMLHttpRequest' };
    const code = await service({ type: 'SESSION', login, sessionHeaders }, { username: 'shopkeeper' });
    const cookies = [
      'sid=canary-5f0e9b1c7d',
      'csrftoken=Zm9yZ2VkZm9ybXMx',
      'tz=Asia/Shanghai',
      'deptId=5f0e9b1c7d5f0e9b1c',
    ];
    const page = `<input value="Zm9yZ2VkZm9ybXMx">Asia/Shanghai 5f0e9b1c7d5f0e9b1c XMLHttpRequest canary-5f0e9b1c7d`;
    peer.answer(({ url }, response) => {
      if (url === '/login')
        response.setHeader(
          'set-cookie',
          cookies.map((cookie) => `${cookie}; path=/`),
        );
      response.end(url === '/login' ? 'in' : page);
    });
    const { text } = await gatehouse.ask('GET', `/v1/services/${code}/proxy/form`);
    expect(text).toBe(page.replace('canary-5f0e9b1c7d', '*'.repeat(17)));
    expect((await gatehouse.call(code, 'get')).at('data')).toBe(page.replace('canary-5f0e9b1c7d', '***'));
  });
});
