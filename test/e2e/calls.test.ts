import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

/** A service of the test's own, so that quotas, breakers and caches do not meet. */
async function service(parts: Record<string, unknown> = {}, credentials?: object): Promise<string> {
  const code = `PEER_${++count}`;
  const definition = {
    code,
    name: 'A peer',
    baseUrl: peer.url,
    auth: { type: 'NONE' },
    retry: {
      networkTimeout: { attempts: 2, delaysSeconds: [0.01] },
      serverError: { attempts: 2, delaysSeconds: [0.01] },
    },
    ...parts,
  };
  await gatehouse.register(definition, credentials);
  return code;
}

const operations = {
  get: { method: 'GET', path: '/things/{{params.id}}', result: '/thing' },
  list: { method: 'GET', path: '/things' },
  create: { method: 'POST', path: '/things', body: 'json' },
  form: { method: 'POST', path: '/form', body: 'form', charset: 'gbk' },
};

describe('operations', () => {
  it('put params where templates name them, and the rest into query or body', async () => {
    const code = await service({ operations, defaultParams: { format: 'json' } });
    await gatehouse.call(code, 'get', { id: '东 1', page: 2 });
    await gatehouse.call(code, 'create', { a: 1, b: [true, null], 钱: '一' });
    expect(peer.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /things/%E4%B8%9C%201?format=json&page=2',
      'POST /things',
    ]);
    expect(JSON.parse(peer.seen[1]!.body.toString())).toEqual({
      format: 'json',
      a: 1,
      b: [true, null],
      钱: '一',
    });
    expect(peer.seen[1]!.headers['content-type']).toBe('application/json');
  });

  it('encode a form in the charset of the platform', async () => {
    const code = await service({ operations });
    await gatehouse.call(code, 'form', { name: '张三', note: 'a b&c' });
    const gbk = [...iconv.encode('张三', 'gbk')].map((b) => `%${b.toString(16).toUpperCase()}`).join('');
    expect(peer.seen[0]!.body.toString()).toBe(
      `name=${gbk.replaceAll(/%(4[1-9A-F]|5[0-9A])/g, (_m, h: string) => String.fromCharCode(parseInt(h, 16)))}&note=a+b%26c`,
    );
  });

  it('hand the answer on digit by digit', async () => {
    const code = await service({ operations });
    const thing = '{"id":1234567890123456789,"amount":10.0,"tiny":1.0e-10}';
    peer.answer((_request, response) => sendJson(response, `{"thing": ${thing}}`));
    const answer = await gatehouse.call(code, 'get', { id: '1' });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`"data":${thing},"meta":`);
    expect(answer.at('meta')).toMatchObject({ attempts: 1, cached: false, stale: false });
    expect(answer.headers.get('server-timing')).toMatch(/^guard;dur=\d+, session;dur=\d+, upstream;dur=\d+$/);
    expect(answer.headers.get('x-request-id')).toBe(answer.at('meta.requestId'));
  });

  it('read a GBK answer, and tell text from JSON', async () => {
    const code = await service({ operations });
    peer.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain; charset=gb2312' });
      response.end(iconv.encode('工单已提交', 'gbk'));
    });
    expect((await gatehouse.call(code, 'list')).at('data')).toBe('工单已提交');
  });

  it('decide success by their predicate', async () => {
    const success = { json: { pointer: '/code', equals: 0 } };
    const code = await service({ operations: { list: { ...operations.list, success, result: '/rows' } } });
    peer.answer((_request, response) => sendJson(response, { code: 0, rows: [1] }));
    expect((await gatehouse.call(code, 'list')).at('data')).toEqual([1]);
    peer.answer((_request, response) => sendJson(response, { code: 7, message: 'no' }));
    const refused = await gatehouse.call(code, 'list');
    expect(refused.status).toBe(502);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.json).toMatchObject({
      code: 'PLATFORM_API_ERROR',
      retryable: false,
      upstream: { status: 200, body: { code: 7, message: 'no' } },
    });
  });

  it('name what is wrong with an input before anything is sent', async () => {
    const params = { type: 'object', required: ['level'], properties: { level: { enum: [1, 3] } } };
    const code = await service({ operations: { ...operations, level: { ...operations.create, params } } });
    const cases: [string, object, number, string, string?][] = [
      ['level', { level: 2 }, 422, 'VALIDATION_FAILED', 'params.level'],
      ['level', {}, 422, 'VALIDATION_FAILED', 'params.level'],
      ['get', {}, 422, 'VALIDATION_FAILED', 'params.id'],
      ['get', { id: '..' }, 422, 'VALIDATION_FAILED', 'params.id'],
      ['list', { deep: {} }, 422, 'VALIDATION_FAILED', 'params.deep'],
      ['nothing', {}, 404, 'NOT_FOUND'],
      ['constructor', {}, 404, 'NOT_FOUND'],
    ];
    for (const [operation, given, status, problem, field] of cases) {
      const answer = await gatehouse.call(code, operation, given);
      expect([answer.status, answer.at('code'), answer.at('errors.0.field')]).toEqual([
        status,
        problem,
        field,
      ]);
    }
    expect((await gatehouse.call('NOBODY_KNOWS', 'x')).status).toBe(404);
    const path = `/v1/services/${code}/operations/create`;
    expect((await gatehouse.ask('POST', path, { body: '{"params":' })).at('code')).toBe('MALFORMED_REQUEST');
    expect((await gatehouse.ask('POST', path, { body: { param: {} } })).at('errors')).toEqual([
      { field: 'param', message: 'is not a known field' },
    ]);
    expect(peer.seen).toEqual([]);
  });

  it('refuse numbers that a double would change, instead of changing them', async () => {
    const code = await service({ operations });
    const path = `/v1/services/${code}/operations/create`;
    const answer = await gatehouse.ask('POST', path, {
      body: '{"params":{"order":{"id":1234567890123456789}}}',
    });
    expect([answer.status, answer.at('errors.0.field')]).toEqual([422, 'params.order.id']);
    expect((await gatehouse.ask('POST', path, { body: '{"params":{"price":10.50,"n":1e3}}' })).status).toBe(
      200,
    );
    expect(peer.seen).toHaveLength(1);
  });

  it.each([
    [{ type: 'BEARER' }, { token: 'tok' }, { authorization: 'Bearer tok' }],
    [{ type: 'BASIC' }, { username: 'u', password: 'p' }, { authorization: 'Basic dTpw' }],
    [{ type: 'API_KEY' }, { apiKey: 'k1' }, { 'x-api-key': 'k1' }],
    [{ type: 'API_KEY', name: 'App-Key', value: 'id={{credentials.id}}' }, { id: 9 }, { 'app-key': 'id=9' }],
  ])('authenticate by %j', async (auth, credentials, headers) => {
    const code = await service({ operations, auth }, credentials);
    expect((await gatehouse.call(code, 'list')).status).toBe(200);
    expect(peer.seen[0]!.headers).toMatchObject(headers);
  });

  it('H15: a key in the query replaces what a caller sends by that name, in any spelling', async () => {
    const auth = { type: 'API_KEY', in: 'query', name: 'apikey', value: '{{credentials.k}} 1' };
    const code = await service({ operations, auth, allowedPaths: ['/*'] }, { k: 'ours' });
    const params = { apikey: 'evil', ApiKey: 'evil', q: 'x y' };
    expect((await gatehouse.call(code, 'list', params)).status).toBe(200);
    const evil = 'apikey=evil&q=%c0%ee&APIKEY=evil&a%70ikey=evil&b;apikey=evil&=&r=a+b&apikey';
    expect((await gatehouse.ask('GET', `/v1/services/${code}/proxy/x?${evil}`)).status).toBe(200);
    expect(peer.seen.map(({ url }) => url.split('?')[1])).toEqual([
      'q=x%20y&apikey=ours%201',
      'q=%c0%ee&=&r=a+b&apikey=ours%201',
    ]);
  });

  it('say which credential is missing', async () => {
    const none = await service({ operations, auth: { type: 'BEARER' } });
    const answer = await gatehouse.call(none, 'list');
    expect([answer.status, answer.at('code')]).toEqual([500, 'CONFIGURATION_ERROR']);
    expect(answer.at('detail')).toContain(none);
    const other = await service({ operations, auth: { type: 'BEARER' } }, { tokem: 'x' });
    expect((await gatehouse.call(other, 'list')).at('detail')).toContain('{{credentials.token}}');
  });

  it('take an empty array for no params, as PHP writes it', async () => {
    const code = await service({ operations });
    const path = `/v1/services/${code}`;
    expect((await gatehouse.ask('POST', `${path}/operations/list`, { body: '{"params":[]}' })).status).toBe(
      200,
    );
    const batch = await gatehouse.ask('POST', `${path}/batch`, {
      body: '[{"operation":"list","params":[]}]',
    });
    expect(batch.at('items.0.success')).toBe(true);
  });

  it('refuse to call a service that is switched off', async () => {
    for (const status of ['MAINTENANCE', 'INACTIVE']) {
      const answer = await gatehouse.call(await service({ operations, status }), 'list');
      expect([answer.status, answer.at('code')]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(peer.seen).toEqual([]);
  });
});

describe('retries', () => {
  it('send a safe request again after a reset and after 5xx', async () => {
    const code = await service({ operations });
    let times = 0;
    peer.answer((_request, response) => {
      times += 1;
      if (times === 1) response.destroy();
      else if (times === 2) sendJson(response, {}, 503);
      else sendJson(response, { done: true });
    });
    const answer = await gatehouse.call(code, 'list');
    expect([answer.status, answer.at('data'), answer.at('meta.attempts')]).toEqual([200, { done: true }, 3]);
  });

  it('P10 never send a write twice without a key', async () => {
    const code = await service({ operations, allowedPaths: ['/*'] });
    peer.answer((_request, response) => void response.destroy());
    const operation = await gatehouse.call(code, 'create', { a: 1 });
    expect([operation.status, operation.at('code')]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
    // It may have had its effect: nobody is told to try again.
    expect(operation.at('retryable')).toBe(false);
    const raw = await gatehouse.ask('POST', `/v1/services/${code}/proxy/things`, { body: 'x' });
    expect([raw.status, raw.at('code')]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
    expect(peer.seen).toHaveLength(2);
    peer.answer((_request, response) => sendJson(response, {}, 500));
    expect((await gatehouse.call(code, 'create', { a: 1 })).status).toBe(503);
    expect(peer.seen).toHaveLength(3);
  });

  it('P10 send a write again with a key, or where the operation is idempotent', async () => {
    const code = await service({
      operations: { ...operations, put: { ...operations.create, idempotent: true } },
    });
    let times = 0;
    peer.answer(
      (_request, response) => void (++times % 2 ? response.destroy() : sendJson(response, { times })),
    );
    expect((await gatehouse.call(code, 'put')).at('data')).toEqual({ times: 2 });
    const keyed = await gatehouse.call(code, 'create', {}, { headers: { 'idempotency-key': 'k' } });
    expect(keyed.at('data')).toEqual({ times: 4 });
    expect(peer.seen[3]!.headers['idempotency-key']).toBe('k');
  });

  it('give up before the deadline with the last error and Retry-After', async () => {
    const code = await service({
      operations,
      retry: { networkTimeout: { attempts: 3, delaysSeconds: [3_00] }, serverError: { attempts: 0 } },
    });
    peer.answer((_request, response) => void response.destroy());
    const answer = await gatehouse.call(code, 'list');
    expect(answer.status).toBe(503);
    expect(answer.at('retryable')).toBe(true);
  });

  it('P5 answer 503 when the platform is slower than its timeout', async () => {
    const code = await service({
      operations,
      timeoutSeconds: 0.2,
      retry: { networkTimeout: { attempts: 0 } },
    });
    peer.answer(() => undefined);
    const answer = await gatehouse.call(code, 'list');
    expect([answer.status, answer.at('code')]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
  });
});

describe('R7 a third party that asks to come back later', () => {
  const says = (status: number, retryAfter?: string) =>
    peer.answer((_request, response) => {
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      sendJson(response, { why: 'slow down' }, status);
    });

  it.each([
    [429, '3600', '3600'],
    [503, '3600', '3600'],
    // As the definition says for 5xx, at least a second.
    [429, undefined, '1'],
  ])('%i with Retry-After %s is PLATFORM_BUSY, retryable', async (status, retryAfter, told) => {
    const code = await service({ operations });
    says(status, retryAfter);
    const answer = await gatehouse.call(code, 'list');
    expect([answer.status, answer.headers.get('retry-after'), peer.seen.length]).toEqual([503, told, 1]);
    expect(answer.json).toMatchObject({
      code: 'PLATFORM_BUSY',
      retryable: true,
      upstream: { status, body: { why: 'slow down' } },
    });
  });

  it('is passed through on the raw proxy', async () => {
    const code = await service({ allowedPaths: ['/*'] });
    says(429, '3600');
    const answer = await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`);
    expect([answer.status, answer.json]).toEqual([429, { why: 'slow down' }]);
    expect(answer.headers.get('retry-after')).toBe('3600');
  });

  it('holds no key back: the same request may be tried again', async () => {
    const code = await service({ operations, allowedPaths: ['/*'] });
    const path = `/v1/services/${code}/proxy/x`;
    const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });
    const attempt = async () => [
      (await gatehouse.call(code, 'create', {}, keyed('one'))).status,
      (await gatehouse.ask('POST', path, { ...keyed('two'), body: 'x' })).status,
    ];
    says(429, '3600');
    expect(await attempt()).toEqual([503, 429]);
    peer.answer((_request, response) => sendJson(response, { ok: 1 }));
    expect(await attempt()).toEqual([200, 200]);
  });

  it('may have had its effect where a 503 answers a write, and then is not simply to be repeated', async () => {
    const code = await service({ operations });
    says(429, '3600');
    expect((await gatehouse.call(code, 'create')).at('retryable')).toBe(true);
    says(503, '3600');
    expect((await gatehouse.call(code, 'create')).at('retryable')).toBe(false);
  });

  it('is covered by an older answer, where there is one', async () => {
    const list = { ...operations.list, cacheSeconds: 0.01, staleSeconds: 600 };
    const code = await service({ operations: { list } });
    await gatehouse.call(code, 'list');
    await new Promise((resolve) => setTimeout(resolve, 30));
    says(429, '3600');
    expect((await gatehouse.call(code, 'list')).at('meta.stale')).toBe(true);
  });
});

describe('Idempotency-Key', () => {
  const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

  it('makes three parallel requests one, with one answer', async () => {
    const code = await service({ operations });
    peer.answer(
      (_request, response) => void setTimeout(() => sendJson(response, { n: peer.seen.length }), 100),
    );
    const answers = await Promise.all(
      [1, 2, 3].map(() => gatehouse.call(code, 'create', { a: 1 }, keyed('same'))),
    );
    expect(peer.seen).toHaveLength(1);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const replayed = answers.map(({ headers }) => headers.get('idempotency-replayed'));
    expect(replayed.filter((header) => header === 'true')).toHaveLength(2);
  });

  it('keeps a refusal, forgets what never reached the platform', async () => {
    const code = await service({ operations });
    peer.answer((_request, response) => sendJson(response, { why: 'no stock' }, 409));
    const first = await gatehouse.call(code, 'create', {}, keyed('r'));
    const second = await gatehouse.call(code, 'create', {}, keyed('r'));
    expect([first.status, second.status, second.text, peer.seen.length]).toEqual([502, 502, first.text, 1]);

    const full = await service({ operations, quotas: [{ type: 'PER_DAY', limit: 0 }] });
    peer.answer((_request, response) => sendJson(response, { ok: 1 }));
    expect((await gatehouse.call(full, 'create', {}, keyed('later'))).status).toBe(429);
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${full}`);
    await gatehouse.register({ ...(json as object), code: full, quotas: [] });
    expect((await gatehouse.call(full, 'create', {}, keyed('later'))).status).toBe(200);
  });

  it('refuses the same key with another request', async () => {
    const code = await service({ operations });
    await gatehouse.call(code, 'create', { a: 1 }, keyed('k'));
    const other = await gatehouse.call(code, 'create', { a: 2 }, keyed('k'));
    expect([other.status, other.at('code')]).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
    const bad = await gatehouse.call(code, 'create', { a: 2 }, keyed('with space'));
    expect([bad.status, bad.at('errors.0.field')]).toEqual([422, 'Idempotency-Key']);
  });

  it('works on the raw proxy, bytes and all', async () => {
    const code = await service({ allowedPaths: ['/*'] });
    const bytes = Buffer.from([0, 255, 254, 1]);
    peer.answer((_request, response) => {
      response.writeHead(201, { 'content-type': 'application/octet-stream' });
      response.end(bytes);
    });
    const path = `/v1/services/${code}/proxy/upload?a=1`;
    const first = await gatehouse.ask('POST', path, { body: bytes, ...keyed('b') });
    const again = await gatehouse.ask('POST', path, { body: bytes, ...keyed('b') });
    expect(peer.seen).toHaveLength(1);
    expect(peer.seen[0]!.body).toEqual(bytes);
    for (const answer of [first, again]) expect([answer.status, answer.bytes]).toEqual([201, bytes]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });
});

describe('the cache', () => {
  const cached = { ...operations.list, cacheSeconds: 60, staleSeconds: 600 };

  it('answers for as long as it may, per params', async () => {
    const code = await service({ operations: { list: cached } });
    peer.answer((_request, response) => sendJson(response, `{"n":${peer.seen.length}.0}`));
    const answers = [];
    for (const params of [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 2 }]) {
      answers.push(await gatehouse.call(code, 'list', params));
    }
    expect(answers.map((answer) => answer.at('meta.cached'))).toEqual([false, true, false]);
    expect(answers[1]!.text).toContain('"data":{"n":1.0}');
    expect(peer.seen).toHaveLength(2);
  });

  it('keeps a good answer when an empty one follows', async () => {
    const short = { ...operations.list, cacheSeconds: 0.05, staleSeconds: 600 };
    const code = await service({ operations: { list: short }, retry: { serverError: { attempts: 0 } } });
    expect((await gatehouse.call(code, 'list')).at('data')).toEqual({ ok: true });
    await new Promise((resolve) => setTimeout(resolve, 80));
    peer.answer((_request, response) => void response.end());
    expect((await gatehouse.call(code, 'list')).at('data')).toBeNull();
    peer.answer((_request, response) => sendJson(response, {}, 500));
    const stale = await gatehouse.call(code, 'list');
    expect([stale.at('data'), stale.at('meta.stale')]).toEqual([{ ok: true }, true]);
  });

  it('serves an older answer while the service is down, and says so', async () => {
    const short = { ...operations.list, cacheSeconds: 0.05, staleSeconds: 600 };
    const code = await service({ operations: { list: short }, breaker: { failures: 1, openSeconds: 60 } });
    expect((await gatehouse.call(code, 'list')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 80));
    peer.answer((_request, response) => sendJson(response, {}, 500));
    for (const why of ['down', 'breaker open']) {
      const stale = await gatehouse.call(code, 'list');
      expect([stale.status, stale.at('data'), stale.at('meta.stale')], why).toEqual([
        200,
        { ok: true },
        true,
      ]);
    }
    const unknown = await gatehouse.call(code, 'list', { other: 1 });
    expect([unknown.status, unknown.at('code')]).toEqual([503, 'CIRCUIT_OPEN']);
  });
});

describe('quotas and breaker', () => {
  it('Q1 let through what the limit says, and tell when to come back', async () => {
    const code = await service({ operations, quotas: [{ type: 'PER_DAY', limit: 5 }] });
    const answers = await Promise.all(Array.from({ length: 20 }, () => gatehouse.call(code, 'list')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.json).toMatchObject({ code: 'QUOTA_EXCEEDED', retryable: true });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit-limit')).toBe('5');
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    expect(peer.seen).toHaveLength(5);
  });

  it('open after failures in a row, close again after a good probe', async () => {
    const code = await service({
      operations,
      breaker: { failures: 3, openSeconds: 0.3 },
      retry: { serverError: { attempts: 0 } },
    });
    peer.answer((_request, response) => sendJson(response, {}, 500));
    const codes = [];
    for (let i = 0; i < 4; i += 1) codes.push((await gatehouse.call(code, 'list')).at('code'));
    expect(codes).toEqual([...Array.from({ length: 3 }, () => 'PLATFORM_UNAVAILABLE'), 'CIRCUIT_OPEN']);
    expect(peer.seen).toHaveLength(3);
    peer.answer((_request, response) => sendJson(response, { back: true }));
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect((await gatehouse.call(code, 'list')).status).toBe(200);
    expect((await gatehouse.call(code, 'list')).status).toBe(200);
  });
});

describe('the raw proxy', () => {
  it('passes method, path, query, body and status through', async () => {
    const code = await service({
      allowedPaths: ['/api/*'],
      defaultHeaders: { 'User-Agent': 'browser', 'X-D': 'd' },
    });
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    peer.answer((_request, response) => {
      response.writeHead(418, {
        'content-type': 'image/png',
        'set-cookie': 'a=b',
        server: 'nginx',
        'x-own': 'kept',
        location: 'http://169.254.169.254/latest',
      });
      response.end(bytes);
    });
    const path = `/v1/services/${code}/proxy/api/%E4%B8%9C/a%20b?x=1&x=2&y=%2F`;
    const answer = await gatehouse.ask('PUT', path, {
      body: bytes,
      headers: {
        cookie: 'mine=1',
        'x-forwarded-for': '1.2.3.4',
        'x-mine': 'yes',
        'content-type': 'image/png',
      },
    });
    expect([answer.status, answer.bytes]).toEqual([418, bytes]);
    for (const name of ['set-cookie', 'server', 'location']) expect(answer.headers.get(name)).toBeNull();
    expect(answer.headers.get('x-own')).toBe('kept');
    const [seen] = peer.seen;
    expect([seen!.method, seen!.url, seen!.body]).toEqual([
      'PUT',
      '/api/%E4%B8%9C/a%20b?x=1&x=2&y=%2F',
      bytes,
    ]);
    expect(seen!.headers).toMatchObject({ 'x-mine': 'yes', 'x-d': 'd', 'user-agent': 'browser' });
    for (const name of ['cookie', 'authorization', 'x-forwarded-for'])
      expect(seen!.headers[name]).toBeUndefined();
  });

  it('R10 H3 sends what the definition and its authentication say, whatever the caller says', async () => {
    const code = await service(
      {
        allowedPaths: ['/*'],
        allowedHeaders: ['X-HTTP-Method-Override'],
        auth: { type: 'API_KEY' },
        defaultHeaders: { Referer: 'https://platform.example.com/', 'Content-Type': 'text/plain' },
      },
      { apiKey: 'ours' },
    );
    const headers = {
      referer: 'https://evil.example/',
      x_api_key: 'evil',
      'x-http-method-override': 'PATCH',
      'x-original-url': '/admin',
      'content-type': 'application/json',
    };
    await gatehouse.ask('POST', `/v1/services/${code}/proxy/x`, { headers, body: '{}' });
    const [seen] = peer.seen;
    expect(seen!.headers).toMatchObject({
      referer: 'https://platform.example.com/',
      'x-api-key': 'ours',
      'x-http-method-override': 'PATCH',
      'content-type': 'application/json',
    });
    for (const name of ['x_api_key', 'x-original-url']) expect(seen!.headers[name]).toBeUndefined();
  });

  it('H3 refuses a definition that allows what is never passed, by its place', async () => {
    const definition = { name: 'x', baseUrl: peer.url, auth: { type: 'NONE' } };
    for (const name of ['Cookie', 'X_Forwarded_For', 'Host', 'Proxy-Authorization']) {
      const allowedHeaders = ['X-Original-URL', name];
      const body = { ...definition, code: 'PEER_ALLOWS', allowedHeaders };
      const answer = await gatehouse.ask('PUT', '/v1/admin/services/PEER_ALLOWS', { body });
      expect([name, answer.status, answer.at('errors.0.field')]).toEqual([name, 422, 'allowedHeaders.1']);
    }
  });

  it('H3 returns a page that runs no script, and no header that would be taken for ours', async () => {
    const code = await service({ allowedPaths: ['/*'], quotas: [{ type: 'PER_DAY', limit: 9 }] });
    peer.answer((_request, response) => {
      response.writeHead(200, {
        'content-type': 'text/html',
        'content-security-policy': 'default-src *',
        'ratelimit-remaining': '0',
        'x-ratelimit-limit': '1',
        'access-control-allow-origin': '*',
        'idempotency-replayed': 'true',
        'x-gatehouse-session': 'login',
        authorization: 'Bearer theirs',
      });
      response.end('<script>alert(1)</script>');
    });
    const { headers } = await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
      'ratelimit-remaining': '8',
    });
    for (const name of ['x-ratelimit-limit', 'access-control-allow-origin', 'idempotency-replayed'])
      expect([name, headers.get(name)]).toEqual([name, null]);
    for (const name of ['x-gatehouse-session', 'authorization'])
      expect([name, headers.get(name)]).toEqual([name, null]);
  });

  it('P11 hands a GBK body on unchanged', async () => {
    const code = await service({ allowedPaths: ['/*'] });
    const body = iconv.encode('工单', 'gbk').subarray(0, 3);
    peer.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=gbk' });
      response.end(body);
    });
    expect((await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`)).bytes).toEqual(body);
  });

  it('W8 passes what API Gateway leaves of a path, and refuses what it cannot carry', async () => {
    const code = await service({ allowedPaths: ['/*'] });
    const sent = async (path: string) => {
      peer.seen.length = 0;
      const { status } = await gatehouse.ask('GET', `/v1/services/${code}/proxy/${path}`);
      return peer.seen[0]?.url ?? status;
    };
    expect(await sent('%E5%B8%82%20a%23b?c=%2F')).toBe('/%E5%B8%82%20a%23b?c=%2F');
    // A slash is a slash, a question mark ends the path, and escapes of escapes are gone.
    expect(await sent('a%2Fb')).toBe('/a/b');
    expect(await sent('a%3Fb')).toBe('/a');
    expect(await sent('a%253Fb%2523')).toBe('/a%3Fb%23');
    for (const path of ['a%00b', 'a%0Ab', 'a%25b', 'a%2525b', '%C4%E3', '%zz'])
      expect([path, await sent(path)]).toEqual([path, 400]);
    for (const path of ['..%2Fx', '%252e%252e/x']) expect([path, await sent(path)]).toEqual([path, 403]);
  });

  it('W8 a slash in an escape leads past no pattern', async () => {
    const code = await service({ allowedPaths: ['/users/*/avatar'] });
    for (const slash of ['%2F', '%252F']) {
      const path = `/v1/services/${code}/proxy/users/17${slash}secret/avatar`;
      expect((await gatehouse.ask('GET', path)).status).toBe(403);
    }
    expect(peer.seen).toEqual([]);
  });

  it('P1 refuses what is outside its paths', async () => {
    const code = await service({ allowedPaths: ['/api/*'] });
    for (const path of ['other', 'api/..%2fadmin', 'api/%2e%2e/admin', 'API/x', 'api/%252e%252e/x']) {
      const answer = await gatehouse.ask('GET', `/v1/services/${code}/proxy/${path}`);
      expect([path, answer.status, answer.at('code')]).toEqual([path, 403, 'PATH_NOT_ALLOWED']);
    }
    const closed = await gatehouse.ask('GET', `/v1/services/${await service()}/proxy/anything`);
    expect([closed.status, closed.at('code')]).toEqual([403, 'PATH_NOT_ALLOWED']);
    expect(peer.seen).toEqual([]);
  });

  it('passes 5xx through after its retries', async () => {
    const code = await service({ allowedPaths: ['/*'] });
    peer.answer((_request, response) => sendJson(response, { sorry: 1 }, 502));
    const answer = await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`);
    expect([answer.status, answer.json, peer.seen.length]).toEqual([502, { sorry: 1 }, 3]);
  });

  it('P4 P6 answers with a typed error where the body is too large', async () => {
    const code = await service({ allowedPaths: ['/*'], maxResponseBytes: 1_000 });
    peer.answer((_request, response) => void response.end(Buffer.alloc(2_000)));
    const capped = await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`);
    expect([capped.status, capped.at('code')]).toEqual([502, 'RESPONSE_TOO_LARGE']);
    const large = await service({ allowedPaths: ['/*'] });
    peer.answer((_request, response) => void response.end(Buffer.alloc(4_900_000, 0xff)));
    const binary = await gatehouse.ask('GET', `/v1/services/${large}/proxy/x`);
    expect([binary.status, binary.at('code')]).toEqual([502, 'RESPONSE_TOO_LARGE']);
  });
});

describe('W7 an answer that is larger than Lambda carries', () => {
  const binary = (bytes: number) =>
    peer.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.end(Buffer.alloc(bytes, 0xff));
    });
  const keyed = { headers: { 'idempotency-key': 'large' } };

  it('is measured as it is carried: escaped', async () => {
    const code = await service({ operations, allowedPaths: ['/*'] });
    // As JSON 3.9 MB, in the answer each quote and backslash once more.
    const text = JSON.stringify('"'.repeat(1_950_000));
    peer.answer((_request, response) => sendJson(response, text));
    const escaped = await gatehouse.call(code, 'list');
    expect([escaped.status, escaped.at<string>('data').length]).toEqual([200, 1_950_000]);
    // 5 MB of quotes fit neither escaped nor in base64.
    peer.answer((_request, response) => sendJson(response, JSON.stringify('"'.repeat(2_490_000))));
    const answer = await gatehouse.call(code, 'list');
    expect([answer.status, answer.at('code'), answer.at('retryable')]).toEqual([
      502,
      'RESPONSE_TOO_LARGE',
      false,
    ]);
    // Quotes of a text file are escaped only there.
    peer.answer((_request, response) => void response.end('"'.repeat(4_000_000)));
    const raw = await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`);
    expect([raw.status, raw.bytes.length]).toEqual([200, 4_000_000]);
  });

  it('is told as such to everybody who asks with the key, and the effect stays one', async () => {
    const code = await service({ operations, allowedPaths: ['/*'] });
    binary(4_900_000);
    const path = `/v1/services/${code}/proxy/orders`;
    const answers = [
      await gatehouse.ask('POST', path, { body: 'x', ...keyed }),
      await gatehouse.ask('POST', path, { body: 'x', ...keyed }),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.at('code'), answer.at('retryable')]).toEqual([
        502,
        'RESPONSE_TOO_LARGE',
        false,
      ]);
      expect(answer.at('detail')).toContain('200');
    }
    expect(peer.seen).toHaveLength(1);
  });

  it('costs a batch only the entries that find no room', async () => {
    const code = await service({ operations });
    peer.answer(({ url }, response) =>
      sendJson(response, JSON.stringify('x'.repeat(url.includes('big') ? 2_500_000 : 10))),
    );
    const entries = ['big', 'big', 'big', 'small'].map((size) => ({ operation: 'list', params: { size } }));
    const answer = await gatehouse.ask('POST', `/v1/services/${code}/batch`, { body: entries });
    const items = answer.at<{ success: boolean; error?: { code: string; retryable: boolean } }[]>('items');
    expect(items.map(({ success, error }) => error?.code ?? success)).toEqual([
      true,
      true,
      'RESPONSE_TOO_LARGE',
      true,
    ]);
    expect(items[2]!.error!.retryable).toBe(false);
  });
});

describe('batches', () => {
  it('give each entry its own result', async () => {
    const code = await service({ operations });
    const entries = [
      { operation: 'list', params: { n: 1 } },
      { operation: 'nothing' },
      { operation: 'get', params: {} },
      { operation: 'create', params: { a: 1 } },
    ];
    const answer = await gatehouse.ask('POST', `/v1/services/${code}/batch`, { body: entries });
    expect(answer.status).toBe(200);
    const items = answer.at<{ success: boolean; error?: { code: string } }[]>('items');
    expect(items.map(({ success, error }) => error?.code ?? success)).toEqual([
      true,
      'NOT_FOUND',
      'VALIDATION_FAILED',
      true,
    ]);
    const many = Array.from({ length: 101 }, () => ({ operation: 'list' }));
    expect((await gatehouse.ask('POST', `/v1/services/${code}/batch`, { body: many })).status).toBe(422);
  });
});

describe('the call log', () => {
  it('keeps every call, found by what is in it, without its secrets', async () => {
    const code = await service({ operations });
    await gatehouse.call(code, 'create', { password: 'canary-1', note: 'fine' });
    peer.answer((_request, response) => sendJson(response, { token: 'canary-2' }, 400));
    const failed = await gatehouse.call(code, 'list');
    const all = await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`);
    const items = all.at<Record<string, unknown>[]>('items');
    expect(items.map(({ operation, status }) => [operation, status])).toEqual([
      ['list', 502],
      ['create', 200],
    ]);
    expect(items[1]!['request']).toContain('fine');
    expect(all.text).not.toContain('canary');
    const requestId = failed.at<string>('requestId');
    for (const filter of [
      `requestId=${requestId}`,
      `service=${code}&code=PLATFORM_API_ERROR`,
      `service=${code}&status=502`,
    ]) {
      const found = (await gatehouse.ask('GET', `/v1/admin/calls?${filter}`)).at<{ requestId: string }[]>(
        'items',
      );
      expect([filter, ...found.map((item) => item.requestId)]).toEqual([filter, requestId]);
    }
  });
});

describe('H5 the call log of the raw proxy', () => {
  it('keeps no body that it cannot read as what it says it is, sent or received', async () => {
    const code = await service({ allowedPaths: ['/*'] });
    const bodies: [string, string][] = [
      ['application/xml', '<login><password>canary-1</password></login>'],
      ['application/json', '{"password":"a"canary-2"}'],
      ['text/plain', '--b\r\ncontent-disposition: form-data; name="pw"\r\n\r\ncanary-3\r\n--b--'],
    ];
    for (const [type, body] of bodies) {
      peer.answer((_request, response) => void response.setHeader('content-type', type).end(body));
      const headers = { 'content-type': type };
      const { text } = await gatehouse.ask('POST', `/v1/services/${code}/proxy/x`, { body, headers });
      expect(text).toBe(body);
    }
    const log = await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`);
    expect(log.text).not.toContain('canary');
    for (const { request, response } of log.at<{ request: string; response: string }[]>('items')) {
      expect([request, response]).toEqual([
        expect.stringMatching(/^\[not kept: \d+ bytes .*\]$/),
        expect.stringMatching(/^\[not kept: \d+ bytes .*\]$/),
      ]);
    }
  });
});

describe('R11 what helps to understand a failure', () => {
  it('is in the call log: the answer of the third party, redacted, and where a connection went', async () => {
    const token = 'canary-token-0123456789';
    const retry = { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } };
    const code = await service({ operations, retry, auth: { type: 'BEARER' } }, { token });
    const said = { why: 'no stock', password: 'canary-2', seen: `Bearer ${token}` };
    peer.answer((_request, response) => sendJson(response, said, 409));
    const refused = await gatehouse.call(code, 'list');
    peer.answer((_request, response) => void response.writeHead(500).end('the database is away'));
    await gatehouse.call(code, 'list');
    const nobody = await startPeer();
    await nobody.stop();
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${code}`);
    await gatehouse.register({ ...(json as object), code, baseUrl: nobody.url });
    const answer = await gatehouse.call(code, 'list');
    expect(answer.at('code')).toBe('PLATFORM_UNAVAILABLE');
    // Operators see the address, callers do not.
    const { host } = new URL(nobody.url);
    expect(answer.text).not.toContain(host);

    const log = await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`);
    const items = log.at<Record<string, unknown>[]>('items').toReversed();
    expect(items.map(({ cause, response, upstreamStatus }) => [cause, response, upstreamStatus])).toEqual([
      [undefined, JSON.stringify(refused.at('upstream.body')), 409],
      [undefined, 'the database is away', 500],
      [`refused ${host}`, undefined, undefined],
    ]);
    expect(items[0]!['response']).toContain('no stock');
    expect(log.text).not.toContain('canary');
  });
});

describe('what comes back broken or tells too much', () => {
  it('is explained to callers while the service is being tested, and only then', async () => {
    peer.answer((_request, response) => void response.destroy());
    const parts = { operations, retry: { networkTimeout: { attempts: 0 } } };
    const testing = await gatehouse.call(await service({ ...parts, status: 'TESTING' }), 'create');
    expect([testing.status, testing.at('cause.cause')]).toEqual([503, 'reset']);
    expect((await gatehouse.call(await service(parts), 'create')).at('cause')).toBeUndefined();
  });

  it('is not a success when it says JSON and is none, or a pointer has nothing to point into', async () => {
    const code = await service({
      operations: { ...operations, picked: { ...operations.list, result: '/a' } },
    });
    peer.answer((_request, response) => sendJson(response, '{"a":1,"b":['));
    for (const operation of ['list', 'picked']) {
      const answer = await gatehouse.call(code, operation);
      expect([answer.status, answer.at('code')]).toEqual([502, 'PLATFORM_API_ERROR']);
    }
    peer.answer((_request, response) => void response.end('plain words'));
    expect((await gatehouse.call(code, 'list')).at('data')).toBe('plain words');
    expect((await gatehouse.call(code, 'picked')).status).toBe(502);
  });

  it('A3 shows no credential that a third party echoes, in an error or in the call log', async () => {
    const token = 'canary-token-0123456789';
    const code = await service({ operations, auth: { type: 'BEARER' }, allowedPaths: ['/*'] }, { token });
    peer.answer(({ headers }, response) =>
      sendJson(response, { seen: headers.authorization, half: Buffer.from(token).toString('base64') }, 400),
    );
    const refused = await gatehouse.call(code, 'list');
    await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`);
    const log = await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`);
    expect(log.at<unknown[]>('items')).toHaveLength(2);
    for (const text of [refused.text, log.text]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(Buffer.from(token).toString('base64'));
    }
  });

  it('gives everybody who waits on one key the answer of the one that ran, also a bad one', async () => {
    const code = await service({ operations, retry: { serverError: { attempts: 0 } } });
    peer.answer((_request, response) => void setTimeout(() => sendJson(response, {}, 503), 100));
    const keyed = { headers: { 'idempotency-key': 'bad-day' } };
    const answers = await Promise.all([1, 2, 3].map(() => gatehouse.call(code, 'create', {}, keyed)));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(peer.seen).toHaveLength(1);
  });
});
