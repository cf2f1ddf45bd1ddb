/** The language of definitions, from outside: what a third party is sent, and what a caller gets of its answers. */
import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer, PeerHandler, Seen } from '../peer.ts';
import { seal } from '../urs-partner.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const QUICKLY = {
  networkTimeout: { attempts: 2, delaysSeconds: [0] },
  serverError: { attempts: 2, delaysSeconds: [0] },
};
const document = (parts: object) => ({
  code: `LANGUAGE_${++count}`,
  name: 'A peer',
  baseUrl: peer.url,
  auth: { type: 'NONE' } as object,
  retry: QUICKLY,
  ...parts,
});

async function service(parts: object, credentials?: object): Promise<string> {
  const definition = document(parts);
  await gatehouse.register(definition, credentials);
  return definition.code;
}

const operation = (parts: object) => ({ operations: { run: { method: 'GET', path: '/things', ...parts } } });
const run = async (parts: object, params: object = {}, more: object = {}, credentials?: object) =>
  gatehouse.call(await service({ ...operation(parts), ...more }, credentials), 'run', params);

const line = ({ method, url, body }: Seen) => `${method} ${url} ${body.toString()}`.trim();
const sent = () => peer.seen.map(line);

/** By the path, without its query. */
const routes = (handlers: Record<string, PeerHandler>) =>
  peer.answer((request, response) => {
    const handler = handlers[request.url.split('?', 1)[0]!];
    return handler ? handler(request, response) : void response.writeHead(404).end('no such page');
  });
const page =
  (html: string, status = 200): PeerHandler =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
    response.end(html);
  };
const json =
  (value: unknown, status = 200): PeerHandler =>
  (_request, response) =>
    sendJson(response, value, status);
/** One handler after the other; the last stays. */
const inTurn = (...handlers: PeerHandler[]): PeerHandler => {
  let turn = 0;
  return (request, response) => handlers[Math.min(turn++, handlers.length - 1)]!(request, response);
};

describe('filters', () => {
  it('work in path, query, header names and values, forms and JSON', async () => {
    const md5 = createHash('md5').update('a b').digest('hex').toUpperCase();
    const signed = createHmac('sha256', 'k').update('a b').digest('base64');
    const shared = {
      path: "/p/{{params.x | upper | replace: ' ', '#'}}/{{params.gone | default: 'x}}' }}",
      query: { sign: '{{params.x | hmac_sha256: settings.key | base64}}' },
      headers: { "X-{{params.x | replace: ' ', '-'}}": '{{params.x | md5 | upper}}' },
    };
    const parts = {
      settings: { key: 'k' },
      operations: {
        form: { method: 'POST', body: 'form', fields: { h: '{{params.x | sha1 | base64}}' }, ...shared },
        json: {
          method: 'POST',
          body: 'json',
          fields: { a: [{ x: '{{params.x | append: params.n}}!' }] },
          ...shared,
        },
      },
    };
    const code = await service(parts);
    for (const name of ['form', 'json']) await gatehouse.call(code, name, { x: 'a b', n: 3 });
    const url = `/p/A%23B/x%7D%7D?sign=${encodeURIComponent(signed)}`;
    const sha1 = createHash('sha1').update('a b').digest('base64');
    expect(sent()).toEqual([
      `POST ${url} h=${encodeURIComponent(sha1)}`,
      `POST ${url} {"a":[{"x":"a b3!"}]}`,
    ]);
    expect(peer.seen.map(({ headers }) => headers['x-a-b'])).toEqual([md5, md5]);
  });

  it('keep what is made of a param within its path segment', async () => {
    const parts = { path: "/p/{{params.x | replace: 'x', '.'}}" };
    const answer = await run(parts, { x: 'xx' });
    expect([answer.status, answer.at('errors.0.field'), peer.seen]).toEqual([422, 'params.x', []]);
  });
});

describe('fields', () => {
  const fields = {
    order: {
      id: '{{params.id}}',
      lines: [{ sku: '{{params.sku}}', note: '{{params.note?}}', fixed: true }, '{{params.note?}}', 7],
      none: null,
      empty: {},
    },
    note: '{{params.note?}}',
    md5: '{{params.note? | md5}}',
  };

  it('nest, keep types and digits, and leave out what is absent at any depth', async () => {
    const code = await service(operation({ method: 'POST', body: 'json', fields }));
    await gatehouse.call(code, 'run', { id: 7, sku: ['a'] });
    expect(peer.seen[0]!.body.toString()).toBe(
      '{"order":{"id":7,"lines":[{"sku":["a"],"fixed":true},7],"none":null,"empty":{}}}',
    );
    await gatehouse.call(code, 'run', { id: 1, sku: 's', note: 'n' });
    expect(JSON.parse(peer.seen[1]!.body.toString())).toMatchObject({
      order: { lines: [{ sku: 's', note: 'n', fixed: true }, 'n', 7] },
      note: 'n',
    });
  });

  it('pass on the digits that a request before has found', async () => {
    routes({
      '/id': (_request, response) => sendJson(response, '{"id":7205759403792793601,"all":[1.10]}'),
      '/things': json({}),
    });
    const extract = { id: { pointer: '/id' }, all: { pointer: '/all' } };
    const own = { id: '{{before.id}}', text: 'no. {{before.id}}', all: ['{{before.all}}'] };
    await run({ method: 'POST', body: 'json', fields: own, before: [{ path: '/id', extract }] });
    expect(peer.seen[1]!.body.toString()).toBe(
      '{"id":7205759403792793601,"text":"no. 7205759403792793601","all":[[1.10]]}',
    );
  });

  it('that are lists repeat their name in a query, a form and a multipart body', async () => {
    const list = { tag: ['a', '{{params.x}}', '{{params.gone?}}', 7, true] };
    const parts = (body: string) => ({ method: 'POST', body, query: list, fields: list });
    const code = await service({
      operations: {
        form: { path: '/f', ...parts('form') },
        multipart: { path: '/m', ...parts('multipart') },
      },
    });
    for (const name of ['form', 'multipart']) await gatehouse.call(code, name, { x: 'b c' });
    const query = 'tag=a&tag=b%20c&tag=7&tag=true';
    expect(line(peer.seen[0]!)).toBe(`POST /f?${query} tag=a&tag=b+c&tag=7&tag=true`);
    expect(peer.seen[1]!.url).toBe(`/m?${query}`);
    expect(peer.seen[1]!.body.toString().match(/name="tag"\r\n\r\n[^\r]*/g)).toHaveLength(4);
  });

  it('have the defaults of their params', async () => {
    const properties = { days: { type: 'integer', default: 7 }, deep: { properties: {}, type: 'object' } };
    await run(
      { query: { days: '{{params.days | append: "d"}}' }, params: { type: 'object', properties } },
      {},
    );
    expect(sent()).toEqual(['GET /things?days=7d']);
  });
});

describe('names of headers', () => {
  it.each(['Host', 'content-length', 'Cookie', 'a b', ''])(
    'that a param makes into %j are the caller’s fault',
    async (name) => {
      const answer = await run({ headers: { '{{params.name}}': 'x' } }, { name });
      expect([answer.status, answer.at('errors.0.field'), peer.seen]).toEqual([422, 'params.name', []]);
    },
  );
});

describe('the time and random values', () => {
  const everywhere = {
    path: '/{{random.uuid}}/{{now.s}}',
    query: { r: '{{random.hex32}}', t: '{{now.iso}}', ms: '{{now.ms}}' },
    headers: { 'X-R': '{{random.uuid}} {{random.hex32}}', 'X-T': '{{now.s}} {{now.iso}} {{now.ms}}' },
  };

  it('are the same in all places of a request, and new at each try', async () => {
    peer.answer(inTurn(json({}, 503), json({}, 500), json({ ok: true })));
    const defaultHeaders = { 'X-D': '{{random.uuid}} {{now.ms}}' };
    expect((await run(everywhere, {}, { defaultHeaders })).status).toBe(200);
    expect(peer.seen).toHaveLength(3);
    for (const { url, headers } of peer.seen) {
      const { pathname, searchParams } = new URL(url, peer.url);
      const [, uuid, s] = pathname.split('/');
      const [r, t, ms] = ['r', 't', 'ms'].map((name) => searchParams.get(name)!);
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(r).toMatch(/^[0-9a-f]{32}$/);
      expect([new Date(Number(ms)).toISOString(), String(Math.floor(Number(ms) / 1_000))]).toEqual([t, s]);
      expect(headers['x-r']).toBe(`${uuid} ${r}`);
      expect(headers['x-t']).toBe(`${s} ${t} ${ms}`);
      expect(headers['x-d']).toBe(`${uuid} ${ms}`);
    }
    expect(new Set(peer.seen.map(({ url }) => url)).size).toBe(3);
  });

  it('are new at each try of the raw proxy too', async () => {
    const code = await service({ allowedPaths: ['/raw'], defaultHeaders: { 'X-D': '{{random.uuid}}' } });
    peer.answer(inTurn(json({}, 503), json({ ok: true })));
    expect((await gatehouse.ask('GET', `/v1/services/${code}/proxy/raw`)).status).toBe(200);
    const seen = peer.seen.map(({ headers }) => headers['x-d']);
    expect([seen.length, new Set(seen).size]).toEqual([2, 2]);
  });
});

describe('extract', () => {
  const table = `<h1>Orders</h1><table><tr><th>id</th></tr>
    <tr class=o data-id=7205759403792793601><td>Pump &amp; hose</td><td><a href="/o/1">1</a></td></tr>
    <tr class=o data-id=2><td>灯</td><td></td></tr></table>`;
  const rows = {
    each: 'tr.o',
    fields: {
      id: { selector: ':scope', attribute: 'data-id' },
      name: { selector: 'td' },
      link: { selector: 'a', attribute: 'href', optional: true },
    },
  };
  const objects = [
    { id: '7205759403792793601', name: 'Pump & hose', link: '/o/1' },
    { id: '2', name: '灯' },
  ];

  it('makes a list of objects of a table', async () => {
    peer.answer(page(table));
    expect((await run({ extract: rows })).at('data')).toEqual(objects);
    const named = await run({
      extract: { rows, title: { selector: 'h1' }, status: { header: 'x-gone', optional: true } },
    });
    expect(named.at('data')).toEqual({ rows: objects, title: 'Orders' });
  });

  it('reads XML by its names as they are written', async () => {
    peer.answer((_request, response) => {
      response.setHeader('content-type', 'text/xml');
      response.end('<R><Item No="1"><Name>a</Name></Item><item No="2"/></R>');
    });
    const extract = {
      each: 'Item',
      fields: { no: { selector: ':scope', attribute: 'No' }, name: { selector: 'Name' } },
    };
    expect((await run({ extract })).at('data')).toEqual([{ no: '1', name: 'a' }]);
  });

  it('keeps the digits of JSON', async () => {
    peer.answer((_request, response) =>
      sendJson(response, '{"d":{"id":7205759403792793601,"sum":1.10,"list":[{"n":1e400}]}}'),
    );
    expect((await run({ extract: { pointer: '/d/id' } })).text).toContain('"data":7205759403792793601');
    const { text } = await run({ extract: { id: { pointer: '/d/id' }, all: { pointer: '/d' } } });
    expect(text).toContain(
      '"data":{"id":7205759403792793601,"all":{"id":7205759403792793601,"sum":1.10,"list":[{"n":1e400}]}}',
    );
  });

  it('takes headers, cookies and what patterns find', async () => {
    peer.answer((_request, response) => {
      response.setHeader('x-total', '12').setHeader('set-cookie', ['wp_ab=c1; path=/', 'b=2']);
      response.end('var nonce = "n-1";');
    });
    const extract = {
      total: { header: 'X-Total' },
      b: { cookie: 'b' },
      wp: { cookie: { matches: '^wp_' } },
      nonce: { matches: 'nonce = "([^"]+)"' },
    };
    expect((await run({ extract })).at('data')).toEqual({ total: '12', b: '2', wp: 'c1', nonce: 'n-1' });
    expect((await run({ extract: { cookie: { matches: '^wp_' } } })).at('data')).toBe('c1');
    // Named so, and not a way to extract.
    expect(
      (await run({ extract: { each: { cookie: 'b' }, cookie: { matches: 'n-\\d' } } })).at('data'),
    ).toEqual({
      each: '2',
      cookie: 'n-1',
    });
  });

  it.each<[object, string]>([
    [{ selector: '.gone' }, 'operations.run.extract'],
    [
      { a: { selector: 'h1' }, b: { selector: '.gone' }, c: { pointer: '/x' } },
      'b, c (operations.run.extract)',
    ],
    [{ each: 'tr.o', fields: { link: { selector: 'a' } } }, 'operations.run.extract.fields.link'],
  ])('names what is absent: %j', async (extract, named) => {
    peer.answer(page(table));
    const answer = await run({ extract });
    expect(answer.status).toBe(502);
    expect(answer.json).toMatchObject({ code: 'PLATFORM_API_ERROR', upstream: { status: 200 } });
    expect(answer.at('detail')).toContain(named);
    expect(peer.seen).toHaveLength(1);
  });

  it('may be absent where it says so: null, or left out', async () => {
    peer.answer(page(table));
    expect((await run({ extract: { selector: '.gone', optional: true } })).at('data')).toBeNull();
    expect((await run({ extract: { a: { pointer: '/x', optional: true } } })).at('data')).toEqual({});
  });

  it('is what the cache keeps', async () => {
    peer.answer(inTurn(page(table), page('', 500)));
    const code = await service(operation({ extract: rows, cacheSeconds: 60 }));
    const answers = [await gatehouse.call(code, 'run'), await gatehouse.call(code, 'run')];
    expect(answers.map((answer) => [answer.at('data'), answer.at('meta.cached')])).toEqual([
      [objects, false],
      [objects, true],
    ]);
    expect(peer.seen).toHaveLength(1);
  });
});

describe('requests before', () => {
  const form = { method: 'GET', path: '/form', query: { id: '{{params.id}}' } };
  const nonce = { ...form, extract: { nonce: { selector: 'input[name=n]', attribute: 'value' } } };
  const save = {
    method: 'POST',
    path: '/save/{{before.nonce}}',
    body: 'form',
    fields: { id: '{{params.id}}', n: '{{before.nonce | upper}}' },
  };
  const withNonce = page('<input name=n value="n-1">');

  it('give the token of a page, anew for each call', async () => {
    const code = await service({ operations: { run: { ...save, before: [nonce] } } });
    let turn = 0;
    routes({
      '/form': (request, response) => page(`<input name=n value="n${++turn}">`)(request, response),
      '/save/n1': json({ saved: 1 }),
      '/save/n2': json({ saved: 2 }),
    });
    const answers = [
      await gatehouse.call(code, 'run', { id: 4 }),
      await gatehouse.call(code, 'run', { id: 4 }),
    ];
    expect(answers.map((answer) => answer.at('data.saved'))).toEqual([1, 2]);
    expect(sent()).toEqual([
      'GET /form?id=4',
      'POST /save/n1 id=4&n=N1',
      'GET /form?id=4',
      'POST /save/n2 id=4&n=N2',
    ]);
  });

  it('may need each other: a chain, whose fields are a form where nothing else is said', async () => {
    routes({
      '/a': json({ t: 'one' }),
      '/b': json({ t: ['two'] }),
      '/c': json({ t: 'three' }),
      '/save/three': json({}),
    });
    const before = [
      { path: '/a', extract: { a: { pointer: '/t' } } },
      { method: 'POST', path: '/b', fields: { a: '{{before.a}}' }, extract: { b: { pointer: '/t/0' } } },
      {
        path: '/c',
        fields: { b: '{{before.b}}', gone: '{{params.gone?}}' },
        extract: { nonce: { pointer: '/t' } },
      },
    ];
    expect((await run({ ...save, before }, { id: 4 })).status).toBe(200);
    expect(sent()).toEqual(['GET /a', 'POST /b a=one', 'GET /c?b=two', 'POST /save/three id=4&n=THREE']);
  });

  it('without what they should give end the call, naming it; nothing was sent that had an effect', async () => {
    routes({ '/form': inTurn(page('<p>maintenance</p>'), withNonce), '/save/n-1': json({ saved: true }) });
    const code = await service({ operations: { run: { ...save, before: [nonce] } } });
    const key = { headers: { 'idempotency-key': 'before-1' } };
    const failed = await gatehouse.call(code, 'run', { id: 4 }, key);
    expect([failed.status, failed.at('code')]).toEqual([502, 'PLATFORM_API_ERROR']);
    expect(failed.at('detail')).toContain('{{before.nonce}} (operations.run.before.0.extract');
    expect(failed.at('upstream')).toEqual({ status: 200, body: '<p>maintenance</p>' });
    // The key is free again: the first request did nothing.
    const again = await gatehouse.call(code, 'run', { id: 4 }, key);
    expect([again.status, again.headers.get('idempotency-replayed'), again.at('data')]).toEqual([
      200,
      null,
      { saved: true },
    ]);
    expect(sent().filter((one) => one.startsWith('POST'))).toHaveLength(1);
  });

  it('are sent again where a write may not be: after 5xx and a broken connection', async () => {
    routes({
      '/form': inTurn(page('', 500), (_request, response) => void response.destroy(), withNonce),
      '/save/n-1': json({}),
    });
    expect((await run({ ...save, before: [nonce] }, { id: 4 })).status).toBe(200);
    expect(sent().filter((one) => one.startsWith('POST'))).toHaveLength(1);
    expect(peer.seen).toHaveLength(4);
  });

  it.each<[number, number, string]>([
    [500, 503, 'PLATFORM_UNAVAILABLE'],
    [404, 502, 'PLATFORM_API_ERROR'],
    [999, 502, 'PLATFORM_API_ERROR'],
  ])(
    'that answer %i are no answer to the operation, whatever its success and failures say',
    async (status, mine, code) => {
      routes({ '/form': page('no', status), '/save/n-1': json({}) });
      const operations = {
        run: {
          ...save,
          before: [nonce],
          success: { status: [200, 404, 500] },
          failures: [{ when: { text: { includes: 'no' } }, error: 'PLATFORM_BUSY' }],
        },
      };
      const key = { headers: { 'idempotency-key': `step-${status}` } };
      const own = await service({ operations });
      const answer = await gatehouse.call(own, 'run', { id: 4 }, key);
      expect([answer.status, answer.at('code'), answer.at('upstream')]).toEqual([
        mine,
        code,
        { status, body: 'no' },
      ]);
      expect(answer.at('detail')).toContain('before run');
      expect(sent().some((one) => one.startsWith('POST'))).toBe(false);
      const again = await gatehouse.call(own, 'run', { id: 4 }, key);
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([mine, null]);
    },
  );

  it('that ask to come back later are waited for', async () => {
    routes({
      '/form': inTurn(
        (_request, response) => void response.writeHead(429, { 'retry-after': '0' }).end(),
        withNonce,
      ),
      '/save/n-1': json({}),
    });
    expect((await run({ ...save, before: [nonce] }, { id: 4 })).status).toBe(200);
    expect(sent()).toEqual(['GET /form?id=4', 'GET /form?id=4', 'POST /save/n-1 id=4&n=N-1']);
  });

  it('do not make a write repeatable: it is sent once', async () => {
    routes({ '/form': withNonce, '/save/n-1': (_request, response) => void response.destroy() });
    const answer = await run({ ...save, before: [nonce] }, { id: 4 });
    expect(answer.at('code')).toBe('PLATFORM_UNAVAILABLE');
    expect(sent()).toEqual(['GET /form?id=4', 'POST /save/n-1 id=4&n=N-1']);
  });

  it('that refuse the key are a refusal of it, and a refusal without a status too', async () => {
    const auth = { type: 'BEARER', refused: { text: { includes: 'key?' } } };
    routes({ '/form': page('key?'), '/save/n-1': json({}) });
    const answer = await run({ ...save, before: [nonce] }, { id: 4 }, { auth }, { token: 'token-of-nobody' });
    expect([answer.status, answer.at('code')]).toEqual([502, 'AUTHENTICATION_FAILED']);
    expect(peer.seen).toHaveLength(1);
  });

  it('that meet an expired session renew it once, and start anew', async () => {
    const login = {
      submit: { path: '/login', fields: { p: '{{credentials.password}}' } },
      success: { status: 200 },
    };
    const auth = { type: 'SESSION', login, expired: { location: { includes: '/login' } } };
    let logins = 0;
    const isLoggedIn = ({ headers }: Seen) => headers.cookie === 'sid=2';
    const onlyInside =
      (inside: PeerHandler): PeerHandler =>
      (request, response) =>
        isLoggedIn(request)
          ? inside(request, response)
          : void response.writeHead(302, { location: '/login' }).end();
    routes({
      '/login': (_request, response) =>
        void response.setHeader('set-cookie', `sid=${++logins}; path=/`).end('in'),
      '/a': json({ a: 1 }),
      '/form': onlyInside(withNonce),
      '/save/n-1': onlyInside(json({ saved: true })),
    });
    const before = [{ path: '/a', extract: { a: { pointer: '/a' } } }, nonce];
    const answer = await run({ ...save, before }, { id: 4 }, { auth }, { password: 'a-password' });
    expect(answer.at('data')).toEqual({ saved: true });
    expect(sent()).toEqual([
      'POST /login p=a-password',
      'GET /a',
      'GET /form?id=4',
      'POST /login p=a-password',
      'GET /a',
      'GET /form?id=4',
      'POST /save/n-1 id=4&n=N-1',
    ]);
  });
});

describe('failures', () => {
  const failures = [
    { when: { json: { pointer: '/code', equals: 500 } }, error: 'PLATFORM_UNAVAILABLE', retryable: false },
    { when: { status: 503 }, error: 'PLATFORM_API_ERROR', retryable: true },
    { when: { json: { pointer: '/code', equals: 9 } }, error: 'PLATFORM_BUSY' },
  ];

  it('are failures whatever the status says: told as the definition says, and not sent again', async () => {
    const code = await service(operation({ failures }));
    for (const [answer, status, mine, named, retryable] of [
      [{ code: 500 }, 200, 503, 'PLATFORM_UNAVAILABLE', false],
      [{ code: 0 }, 503, 502, 'PLATFORM_API_ERROR', true],
      [{ code: 9 }, 200, 503, 'PLATFORM_BUSY', true],
    ] as const) {
      peer.seen.length = 0;
      peer.answer(json(answer, status));
      const got = await gatehouse.call(code, 'run');
      expect(got.status).toBe(mine);
      expect(got.json).toMatchObject({ code: named, retryable, upstream: { status, body: answer } });
      expect(peer.seen).toHaveLength(1);
    }
    peer.answer(json({ code: 0 }));
    expect((await gatehouse.call(code, 'run')).at('data')).toEqual({ code: 0 });
  });

  it('say of a write too that it may be sent again, but not of one whose key keeps the answer', async () => {
    const code = await service(operation({ failures, method: 'POST', body: 'json' }));
    for (const [answer, status, retryable] of [
      [{ code: 0 }, 503, true],
      [{ code: 9 }, 200, false],
    ] as const) {
      peer.answer(json(answer, status));
      expect((await gatehouse.call(code, 'run')).at('retryable')).toBe(retryable);
    }
    peer.answer(json({}, 503));
    const keyed = await gatehouse.ask('POST', `/v1/services/${code}/operations/run`, {
      body: { params: {} },
      headers: { 'Idempotency-Key': 'named-failure' },
    });
    expect(keyed.at('retryable')).toBe(false);
  });

  it('say nothing about whether the service is up: no breaker, no stale answer', async () => {
    const more = { breaker: { failures: 2, openSeconds: 60 } };
    const code = await service({
      ...operation({ failures, cacheSeconds: 0.001, staleSeconds: 600 }),
      ...more,
    });
    await gatehouse.call(code, 'run');
    for (const answer of [json({ code: 500 }), json({}, 503), json({ code: 9 }), json({ code: 500 })]) {
      peer.answer(answer);
      const got = await gatehouse.call(code, 'run');
      expect([502, 503]).toContain(got.status);
      expect(got.at('code')).not.toBe('CIRCUIT_OPEN');
    }
    // One that nobody named is answered from the cache.
    peer.answer(json({}, 500));
    expect((await gatehouse.call(code, 'run')).at('meta.stale')).toBe(true);
  });

  it('come after expiry, which is renewed', async () => {
    const auth = {
      type: 'SESSION',
      login: { submit: { path: '/login', fields: {} }, success: { status: 200 } },
      expired: { json: { pointer: '/code', equals: 500 } },
    };
    let logins = 0;
    routes({
      '/login': (_request, response) =>
        void response.setHeader('set-cookie', `sid=${++logins}; path=/`).end('in'),
      '/things': ({ headers }, response) =>
        sendJson(response, headers.cookie === 'sid=2' ? { fine: true } : { code: 500 }),
    });
    const answer = await run({ failures }, {}, { auth }, { password: 'a-password' });
    expect([answer.at('data'), logins]).toEqual([{ fine: true }, 2]);
  });

  it('that are 429 are refusals, as ever: the key of the caller is free again', async () => {
    const code = await service(
      operation({ method: 'POST', failures: [{ when: { status: 429 }, error: 'PLATFORM_BUSY' }] }),
    );
    peer.answer(
      inTurn(
        (_request, response) => void response.writeHead(429, { 'retry-after': '7' }).end(),
        json({ ok: 1 }),
      ),
    );
    const key = { headers: { 'idempotency-key': 'failures-429' } };
    const first = await gatehouse.call(code, 'run', {}, key);
    expect([first.at('code'), first.headers.get('retry-after')]).toEqual(['PLATFORM_BUSY', '7']);
    expect((await gatehouse.call(code, 'run', {}, key)).at('data')).toEqual({ ok: 1 });
  });
});

describe('a definition is refused at its place', () => {
  /** Field → message of what a PUT refuses. */
  async function refused(parts: object): Promise<Record<string, string>> {
    const definition = document(parts);
    const answer = await gatehouse.ask('PUT', `/v1/admin/services/${definition.code}`, { body: definition });
    expect(answer.status, answer.text).toBe(422);
    const errors = answer.at<{ field: string; message: string }[]>('errors');
    return Object.fromEntries(errors.map(({ field, message }) => [field, message]));
  }

  const login = (submit: object, more: object = {}) => ({
    auth: {
      type: 'SESSION',
      login: { submit: { path: '/login', fields: {}, ...submit }, success: { status: 200 } },
      ...more,
    },
  });
  const step = (parts: object, more: object = {}) =>
    operation({
      before: [
        { path: '/a', extract: { a: { pointer: '/a' } } },
        { path: '/b', ...parts },
      ],
      ...more,
    });

  it.each<[string, object, RegExp]>([
    ['operations.run.path', operation({ path: '/{{params.x | uper}}' }), /no filter uper/],
    ['operations.run.path', operation({ path: '/{{params.x | upper}} {{params.y}}' }), /spaces/],
    ['operations.run.path', operation({ path: '/{{params.x | md5: params.y}}' }), /md5 takes no argument/],
    [
      'operations.run.query.q',
      operation({ query: { q: "{{params.x | replace: 'a'}}" } }),
      /takes 2 arguments/,
    ],
    [
      'operations.run.headers.X-A',
      operation({ headers: { 'X-A': '{{params.x | hmac_sha256}}' } }),
      /1 argument/,
    ],
    [
      'operations.run.fields.a.b.0',
      operation({ body: 'json', fields: { a: { b: ['{{params.x |}}'] } } }),
      /must be followed by a filter/,
    ],
    [
      'operations.run.fields.a.b.0',
      operation({ body: 'json', fields: { a: { b: ['{{x}}'] } } }),
      /unknown name/,
    ],
    [
      'operations.run.fields.a.b.0',
      operation({ body: 'json', fields: { a: { b: ['{{page.x}}'] } } }),
      /never set here/,
    ],
    [
      'operations.run.query.q',
      operation({ query: { q: '{{params.x | append: settings.gone}}' } }),
      /not in settings/,
    ],
    ['operations.run.query.q', operation({ query: { q: '{{before.a}}' } }), /no step before extracts it/],
    ['operations.run.query.q', step({}, { query: { q: '{{before.b}}' } }), /no step before extracts it/],
    [
      'operations.run.before.1.path',
      step({ path: '/{{before.b}}', extract: { b: { selector: 'b' } } }),
      /no step before/,
    ],
    [
      'operations.run.headers.X-{{session.t}}',
      { ...login({}), ...operation({ headers: { 'X-{{session.t}}': 'a' } }) },
      /never set/,
    ],
    [
      'operations.run.query.q',
      { ...login({}), ...operation({ query: { q: '{{session.t}}' } }) },
      /does not declare/,
    ],
    ['operations.run.query.q', operation({ query: { q: '{{session.t}}' } }), /never set here/],
    ['operations.run.query.q', operation({ query: { q: '{{credentials.t | totp}}' } }), /in a login only/],
    ['defaultHeaders.X-C', { defaultHeaders: { 'X-C': '{{credentials.t | totp}}' } }, /in a login only/],
    ['defaultHeaders.X-C', { defaultHeaders: { 'X-C': '{{before.t}}' } }, /never set here/],
    [
      'auth.sessionHeaders.X-N',
      login({}, { sessionHeaders: { 'X-N': '{{random.uuid}}' } }),
      /never set here/,
    ],
    ['operations.run.extract.selector', operation({ extract: { selector: 'p[[' } }), /CSS selector/],
    [
      'operations.run.extract.a.each',
      operation({ extract: { a: { each: 'p:nope', fields: {} } } }),
      /CSS selector/,
    ],
    [
      'operations.run.extract.fields.b.matches',
      operation({ extract: { each: 'p', fields: { b: { matches: '(' } } } }),
      /RE2/,
    ],
    [
      'operations.run.extract.a.fields.b',
      operation({ extract: { a: { each: 'p', fields: { b: { header: 'x' } } } } }),
      /exactly one of/,
    ],
    [
      'operations.run.extract.a',
      operation({ extract: { a: { selector: 'p', pointer: '/a' } } }),
      /exactly one of/,
    ],
    [
      'operations.run.extract.cookie.matches',
      operation({ extract: { cookie: { matches: '.{0,1000}[yz]' } } }),
      /too large/,
    ],
    [
      'operations.run.before.1.extract.b.selector',
      step({ extract: { b: { selector: ')' } } }),
      /CSS selector/,
    ],
    [
      'operations.run.before.1.extract.b.matches',
      step({ extract: { b: { matches: '(?:a{0,30}b){0,30}' } } }),
      /too large/,
    ],
    [
      'operations.run.failures.0.when.any.0.text.matches',
      operation({
        failures: [{ when: { any: [{ text: { matches: '(a)\\1' } }] }, error: 'PLATFORM_API_ERROR' }],
      }),
      /RE2/,
    ],
    [
      'operations.run.failures.0.when.text.matches',
      operation({
        failures: [{ when: { text: { matches: '.{0,1000}[yz]' } }, error: 'PLATFORM_API_ERROR' }],
      }),
      /too large/,
    ],
    [
      'operations.run.failures.0.error',
      operation({ failures: [{ when: { status: 200 }, error: 'AUTHENTICATION_FAILED' }] }),
      /expected one of/,
    ],
    [
      'operations.run.result',
      operation({ result: '/data', extract: { pointer: '/data' } }),
      /beside extract/,
    ],
    [
      'operations.run.fields.a',
      operation({ method: 'POST', body: 'form', fields: { a: { b: 1 } } }),
      /in a form/,
    ],
    [
      'operations.run.fields.a.1',
      operation({ method: 'POST', body: 'multipart', fields: { a: [1, [2]] } }),
      /in a form/,
    ],
    ['operations.run.before.1.fields.a', step({ method: 'POST', fields: { a: {} } }), /in a form/],
    ['auth.login.submit.fields.a', login({ fields: { a: { b: 1 } } }), /in a form/],
  ])('%s', async (field, parts, message) => {
    expect(await refused(parts)).toEqual({ [field]: expect.stringMatching(message) });
  });

  it('also when it is nested as no person would', async () => {
    const { code, ...rest } = document(operation({ method: 'POST', body: 'json', fields: { a: 'HERE' } }));
    const whole = JSON.stringify({ code, ...rest });
    for (const depth of [500, 5_000, 100_000]) {
      const body = whole.replace('"HERE"', `${'['.repeat(depth)}1${']'.repeat(depth)}`);
      const headers = { 'content-type': 'application/json' };
      const answer = await gatehouse.ask('PUT', `/v1/admin/services/${code}`, { body, headers });
      expect(answer.status).toBeGreaterThanOrEqual(depth > 500 ? 400 : 200);
      expect(answer.status).toBeLessThan(500);
    }
  });
});

describe('what is made to hold us up', () => {
  const wide = '<b>x</b>'.repeat(49_000);
  const deep = `${'<b>'.repeat(500)}${'</b>'.repeat(500)}`.repeat(199);
  const each = (selector: string, fields: object) => ({ extract: { each: selector, fields } });
  const slow = '.{0,240}[yz]';
  const many = (one: object) =>
    Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`a${at}`, { ...one, optional: true }]));

  it.each<[string, string, object]>([
    ['an element in each element', deep, each('*', { a: { selector: 'zzz', optional: true } })],
    ['the text of each element', deep, each('*', { a: { selector: ':scope' } })],
    ['each in each', deep, each('*', { a: { each: '*', fields: {} } })],
    ['what is relative to each', wide, each('b', { a: { selector: '> i', optional: true } })],
    [
      'a pattern in each',
      `${'<b>'.repeat(400)}${'x'.repeat(100_000)}`,
      each('b', { a: { matches: slow, optional: true } }),
    ],
    ['many lists', wide, { extract: many({ each: 'b', fields: { t: { selector: ':scope' } } }) }],
    ['many patterns', 'x'.repeat(1_900_000), { extract: many({ matches: slow }) }],
    ['many pointers', `[${'1,'.repeat(2_300_000)}1]`, { extract: many({ pointer: '/0' }) }],
    [
      'a page before',
      deep,
      { before: [{ path: '/', extract: { a: each('*', { a: { selector: ':scope' } }).extract } }] },
    ],
  ])('ends with an error, and everybody else is served meanwhile: %s', async (_what, html, parts) => {
    peer.answer(page(html));
    const code = await service(operation(parts));
    const calling = gatehouse.call(code, 'run');
    const ended = new AbortController();
    void calling.finally(() => ended.abort());
    let longest = 0;
    while (!ended.signal.aborted) {
      const startedAt = performance.now();
      await gatehouse.ask('GET', '/health', { key: null });
      longest = Math.max(longest, performance.now() - startedAt);
    }
    const answer = await calling;
    expect([answer.status, answer.at('code')]).toEqual([502, 'RESPONSE_TOO_LARGE']);
    expect(longest).toBeLessThan(3_000);
  });
});

it('what is sealed is nested too, has requests before and is extracted', async () => {
  const appKey = 'an-app-key-of-the-partner';
  const params = { type: 'object', additionalProperties: false, properties: { id: { type: 'string' } } };
  const operations = {
    run: {
      method: 'POST',
      path: '/run',
      body: 'json',
      params,
      fields: { a: { ids: ['{{params.id}}', '{{params.gone?}}'] }, token: '{{before.token | upper}}' },
      before: [
        {
          method: 'POST',
          path: '/token',
          body: 'json',
          fields: { id: '{{params.id}}' },
          extract: { token: { pointer: '/data/t' } },
        },
      ],
      extract: { sum: { pointer: '/data/sum' } },
    },
  };
  routes({
    '/token': (_request, response) => sendJson(response, seal({ data: { t: 'abc' } }, appKey)),
    '/run': (_request, response) => sendJson(response, seal('{"data":{"sum":7205759403792793601}}', appKey)),
  });
  const code = await service({ operations, auth: { type: 'SIGNATURE' } }, { appKey });
  const answer = await gatehouse.call(code, 'run', { id: 'x-1' });
  expect(answer.text).toContain('"data":{"sum":7205759403792793601}');
  expect(peer.seen.map(({ body }) => opened(body.toString(), appKey))).toEqual([
    { id: 'x-1' },
    { a: { ids: ['x-1'] }, token: 'ABC' },
  ]);
  expect(sent().join()).not.toContain('x-1');
});

function opened(envelope: string, key: string): unknown {
  const { data, iv } = JSON.parse(envelope) as Record<string, string>;
  const aesKey = Buffer.alloc(32);
  Buffer.from(key).copy(aesKey);
  const decipher = createDecipheriv('aes-256-cbc', aesKey, Buffer.from(iv!, 'base64'));
  return JSON.parse(Buffer.concat([decipher.update(data!, 'base64'), decipher.final()]).toString());
}
