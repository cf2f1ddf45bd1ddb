/** What a definition promises: refused when it cannot work, carried out when it can. */
import { describe, expect, it } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const document = (parts: object) => ({
  code: `DEFINED_${++count}`,
  name: 'A peer',
  baseUrl: peer.url,
  auth: { type: 'NONE' } as object,
  ...parts,
});

async function service(parts: object, credentials?: object): Promise<string> {
  const definition = document(parts);
  await gatehouse.register(definition, credentials);
  return definition.code;
}

/** Field → message of what a PUT refuses. */
async function refused(parts: object): Promise<Record<string, string>> {
  const definition = document(parts);
  const answer = await gatehouse.ask('PUT', `/v1/admin/services/${definition.code}`, { body: definition });
  expect(answer.status).toBe(422);
  expect(answer.at('code')).toBe('VALIDATION_FAILED');
  const errors = answer.at<{ field: string; message: string }[]>('errors');
  return Object.fromEntries(errors.map(({ field, message }) => [field, message]));
}

const get = (parts: object) => ({ operations: { get: { method: 'GET', path: '/things', ...parts } } });
const form = { path: '/login', fields: { user: '{{credentials.username}}' } };
const session = ({ login = {}, ...auth }: { login?: object; [field: string]: unknown }) => ({
  auth: { type: 'SESSION', login: { submit: form, success: { status: 200 }, ...login }, ...auth },
});
const params = (schema: object) => get({ params: { type: 'object', properties: { x: schema } } });

describe('a definition that cannot work is refused at its place (R4)', () => {
  it.each<[string, object, RegExp]>([
    [
      'auth.login.submit.fields.c',
      session({ login: { submit: { ...form, fields: { c: '{{captcha.text}}' } } } }),
      /no captcha/,
    ],
    [
      'auth.login.submit.path',
      session({ login: { submit: { ...form, path: '/l/{{page.csrf}}' } } }),
      /does not extract/,
    ],
    [
      'auth.login.submit.headers.X-A',
      session({
        login: {
          page: { path: '/', extract: { csrf: { selector: 'a' } } },
          submit: { ...form, headers: { 'X-A': '{{page.crsf}}' } },
        },
      }),
      /page\.crsf/,
    ],
    ['auth.login.page.path', session({ login: { page: { path: '/{{cookie.a}}' } } }), /never set/],
    ['auth.login.captcha.path', session({ login: { captcha: { path: '/{{captcha.text}}' } } }), /never set/],
    ['auth.sessionHeaders.X-T', session({ sessionHeaders: { 'X-T': '{{page.csrf}}' } }), /never set/],
    [
      'auth.login.page.extract.a.selector',
      session({ login: { page: { path: '/', extract: { a: { selector: 'input[[' } } } } }),
      /selector/,
    ],
    [
      'auth.login.page.extract.a.selector',
      session({ login: { page: { path: '/', extract: { a: { selector: 'p:nope' } } } } }),
      /selector/,
    ],
    [
      'auth.login.failures.0.when.not.text.matches',
      session({
        login: {
          failures: [{ when: { not: { text: { matches: '.{0,1000}[yz]' } } }, error: 'CAPTCHA_FAILED' }],
        },
      }),
      /too large/,
    ],
    [
      'auth.expired.any.1.location.matches',
      session({ expired: { any: [{ status: 401 }, { location: { matches: '(?:a{0,30}b){0,30}' } }] } }),
      /too large/,
    ],
    ['auth.value', { auth: { type: 'API_KEY', value: '{{settings.key}}' } }, /never set/],
    ['defaultHeaders.X-P', { defaultHeaders: { 'X-P': '{{params.x}}' } }, /never set/],
    ['operations.get.path', get({ path: '/{{page.x}}' }), /never set/],
    ['operations.get.query.q', get({ query: { q: '{{cookie.sid}}' } }), /never set/],
    ['operations.get.headers.X-A', get({ headers: { 'X-A': '{{settings.a.b}}' } }), /not in settings/],
    [
      'operations.get.params.requird',
      get({ params: { type: 'object', requird: ['x'] } }),
      /not a known keyword/,
    ],
    ['operations.get.params.required', get({ params: { required: ['x'] } }), /"type": "object"/],
    [
      'operations.get.params.properties.x.maxlength',
      params({ type: 'string', maxlength: 3 }),
      /known keyword/,
    ],
    [
      'operations.get.params.properties.x.maxLength',
      params({ type: 'string', maxLength: '3' }),
      /whole number/,
    ],
    ['operations.get.params.properties.x.pattern', params({ type: 'string', pattern: '(a)\\1' }), /RE2/],
    [
      'operations.get.params.properties.x.pattern',
      params({ type: 'string', pattern: '.{0,1000}[yz]' }),
      /too large/,
    ],
    [
      'operations.get.params.properties.x.anyOf.1.pattern',
      params({ anyOf: [true, { type: 'string', pattern: '(' }] }),
      /RE2/,
    ],
    [
      'operations.get.params.patternProperties.(',
      get({ params: { type: 'object', patternProperties: { '(': true } } }),
      /RE2/,
    ],
    [
      'operations.get.params',
      params({ type: 'array', contains: { type: 'string', pattern: 'a' } }),
      /not supported/,
    ],
  ])('%s', async (field, parts, message) => {
    expect(await refused(parts)).toEqual({ [field]: expect.stringMatching(message) });
  });

  it('and names every place at once; what people annotate is no fault', async () => {
    const found = await refused({
      ...get({ path: '/{{page.x}}', query: { q: '{{captcha.text}}' } }),
      defaultHeaders: { 'X-P': '{{cookie.x}}' },
    });
    expect(Object.keys(found).sort()).toEqual([
      'defaultHeaders.X-P',
      'operations.get.path',
      'operations.get.query.q',
    ]);
    await service(
      params({
        type: ['string', 'null'],
        title: 't',
        examples: ['a'],
        'x-order': 1,
        maxLength: 9,
        deprecated: true,
      }),
    );
  });
});

describe('credentials in defaultHeaders (R5)', () => {
  it('are sent by operations and by the raw proxy', async () => {
    const parts = {
      ...get({}),
      defaultHeaders: { 'X-App': '{{credentials.app}}/{{settings.v}}' },
      settings: { v: 2 },
    };
    const code = await service({ ...parts, allowedPaths: ['/raw'] }, { app: 'app-7' });
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
    expect((await gatehouse.ask('GET', `/v1/services/${code}/proxy/raw`)).status).toBe(200);
    expect(peer.seen.map(({ headers }) => headers['x-app'])).toEqual(['app-7/2', 'app-7/2']);
  });
});

describe('params that may be absent (R6)', () => {
  const schema = {
    type: 'object',
    properties: {
      days: { type: 'integer', default: 7 },
      page: { type: 'object', properties: { size: { type: 'integer', default: 20 } } },
      tag: { type: 'array', items: { type: 'string' } },
    },
  };

  it('leave their field out of a query, a form and JSON, and are empty elsewhere', async () => {
    const fields = { a: '{{params.a?}}', b: 'b{{params.b?}}', c: '{{params.c?}}' };
    const code = await service({
      operations: {
        query: {
          method: 'GET',
          path: '/q{{params.a?}}',
          query: fields,
          headers: { 'X-A': 'x{{params.a?}}' },
        },
        form: { method: 'POST', path: '/f', body: 'form', fields },
        json: { method: 'POST', path: '/j', body: 'json', fields },
      },
    });
    for (const operation of ['query', 'form', 'json']) await gatehouse.call(code, operation, { c: 0 });
    expect(peer.seen.map(({ url, body }) => `${url} ${body.toString()}`)).toEqual([
      '/q?b=b&c=0 ',
      '/f b=b&c=0',
      '/j {"b":"b","c":0}',
    ]);
    expect(peer.seen[0]!.headers['x-a']).toBe('x');
  });

  it('are named when they are missing and not optional', async () => {
    const code = await service(get({ query: { days: '{{params.days}}' } }));
    expect((await gatehouse.call(code, 'get')).at('errors.0')).toEqual({
      field: 'params.days',
      message: 'is required',
    });
    expect(await refused(get({ query: { q: '{{settings.x?}}' } }))).toHaveProperty([
      'operations.get.query.q',
    ]);
  });

  it('have the default of their schema, where nobody gave another', async () => {
    const code = await service({
      operations: {
        get: {
          method: 'GET',
          path: '/things',
          query: { days: '{{params.days}}', size: '{{params.page.size?}}' },
          params: schema,
        },
        all: { method: 'POST', path: '/things', body: 'json', params: schema },
      },
    });
    await gatehouse.call(code, 'get');
    await gatehouse.call(code, 'get', { days: 1, page: {} });
    await gatehouse.call(code, 'all', { z: 1, page: { a: 2 } });
    expect(peer.seen.map(({ url, body }) => `${url} ${body.toString()}`)).toEqual([
      '/things?days=7 ',
      '/things?days=1&size=20 ',
      '/things {"z":1,"page":{"a":2,"size":20},"days":7}',
    ]);
    const own = await service({ ...get({ params: schema }), defaultParams: { days: 30 } });
    await gatehouse.call(own, 'get');
    expect(peer.seen.at(-1)!.url).toBe('/things?days=30');
  });

  it('repeat their name when they are lists, in a query and in a form', async () => {
    const code = await service({
      operations: {
        query: { method: 'GET', path: '/q', query: { tag: '{{params.tag}}', all: 'x{{params.tag}}' } },
        rest: { method: 'GET', path: '/r', params: schema },
        form: { method: 'POST', path: '/f', body: 'form', fields: { 'tag[]': '{{params.tag}}' } },
      },
    });
    for (const operation of ['query', 'form']) await gatehouse.call(code, operation, { tag: ['a', 'b c'] });
    await gatehouse.call(code, 'rest', { tag: ['a', 'b'], days: 1 });
    expect(peer.seen.map(({ url, body }) => `${url} ${body.toString()}`)).toEqual([
      '/q?tag=a&tag=b%20c&all=x%5B%22a%22%2C%22b%20c%22%5D ',
      '/f tag%5B%5D=a&tag%5B%5D=b+c',
      '/r?tag=a&tag=b&days=1 ',
    ]);
    const nested = await gatehouse.call(code, 'form', { tag: [['a']] });
    expect(nested.at('errors.0.field')).toBe('params.tag[]');
  });
});

describe('patterns of params (H2)', () => {
  it('are RE2: no text holds the process up', async () => {
    const texts = {
      evil: { type: 'string', pattern: '^(a+)+$' },
      wide: { type: 'string', pattern: '(?i)^.{0,200}[yz]' },
    };
    const code = await service(get({ params: { type: 'object', properties: texts } }));
    const evil = await gatehouse.call(code, 'get', { evil: `${'a'.repeat(40)}!` });
    expect(evil.at('errors.0.field')).toBe('params.evil');
    expect((await gatehouse.call(code, 'get', { wide: 'x'.repeat(5_000_000) })).at('errors.0.field')).toBe(
      'params.wide',
    );
    expect((await gatehouse.call(code, 'get', { evil: 'aaa', wide: 'XY' })).status).toBe(200);
  });

  it('are searched for in no more of an answer than is worth it', async () => {
    const code = await service(get({ success: { text: { matches: '.{0,200}[yz]' } } }));
    peer.answer((_request, response) => void response.end('x'.repeat(4_000_000)));
    const [startedAt, answer] = [performance.now(), await gatehouse.call(code, 'get')];
    expect(answer.at('code')).toBe('PLATFORM_API_ERROR');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('a status that is none (R9)', () => {
  it('is a problem, by operation and by proxy', async () => {
    const code = await service({
      ...get({}),
      allowedPaths: ['/raw'],
      retry: { serverError: { attempts: 0 } },
    });
    peer.answer((_request, response) => {
      response.writeHead(999, { 'content-type': 'text/plain' });
      response.end('Request denied');
    });
    const proxied = await gatehouse.ask('GET', `/v1/services/${code}/proxy/raw`);
    expect(proxied.status).toBe(502);
    expect(proxied.json).toMatchObject({
      code: 'PLATFORM_API_ERROR',
      upstream: { status: 999, body: 'Request denied' },
    });
    const called = await gatehouse.call(code, 'get');
    expect(called.status).toBe(502);
    expect(called.json).toMatchObject({ code: 'PLATFORM_API_ERROR', upstream: { status: 999 } });
  });
});

it('a call names its params, it does not bring a table of them: 10,000 at most (E12)', async () => {
  const code = await service({ operations: { list: { method: 'POST', path: '/list', body: 'json' } } });
  const params = (size: number) =>
    Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, 1]));
  const answer = await gatehouse.call(code, 'list', params(10_001));
  expect([answer.status, answer.at('detail'), peer.seen.length]).toEqual([
    422,
    'params must have at most 10000 members.',
    0,
  ]);
  expect((await gatehouse.call(code, 'list', params(10_000))).status).toBe(200);
});
