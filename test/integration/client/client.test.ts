import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  AuthenticationError,
  CaptchaError,
  ConfigurationError,
  createClient,
  GatewayError,
  PlatformApiError,
  PlatformUnavailableError,
  SessionExpiredError,
  SessionNeedsPersonError,
} from '../../../client/index.ts';
import type { ClientOptions } from '../../../client/index.ts';
import { data, problem, startGateway } from './gateway.ts';
import type { FakeGateway } from './gateway.ts';

let gateway: FakeGateway;
let time = 0;
const sleeps: number[] = [];
/** Sleeping only moves the clock. */
const clock = {
  now: () => time,
  sleep: async (ms: number, signal: AbortSignal) => {
    signal.throwIfAborted();
    sleeps.push(ms);
    time += ms;
  },
};

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(() => {
  time = 0;
  sleeps.length = 0;
});
afterAll(() => gateway.stop());

const open = (options: Partial<ClientOptions> = {}) =>
  createClient({ baseUrl: `${gateway.baseUrl}/`, apiKey: 'gh_test', clock, fraction: () => 0.5, ...options });

const rejection = async (promise: Promise<unknown>): Promise<GatewayError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
};

describe('call', () => {
  test('posts params with the key, answers with data', async () => {
    gateway.answer(data({ nickname: '小明' }));
    const result = await open().call(
      'URS_PROMOTION',
      'userInfo',
      { userKey: 'k' },
      { idempotencyKey: 'once' },
    );
    expect(result).toEqual({ nickname: '小明' });
    expect(gateway.asked).toHaveLength(1);
    expect(gateway.asked[0]).toMatchObject({
      method: 'POST',
      url: '/v1/services/URS_PROMOTION/operations/userInfo',
      headers: {
        authorization: 'Bearer gh_test',
        'content-type': 'application/json',
        'idempotency-key': 'once',
      },
    });
    expect(gateway.asked[0]?.body.toString()).toBe('{"params":{"userKey":"k"}}');
  });

  test('callWithMeta tells how it went', async () => {
    const headers = { 'idempotency-replayed': 'true', 'x-gatehouse-session': 'renewed' };
    gateway.answer(data(1, { attempts: 2, stale: true }, headers));
    const { meta } = await open().callWithMeta('A_B', 'op');
    expect(meta).toEqual({
      requestId: 'r-1',
      attempts: 2,
      cached: false,
      stale: true,
      durationMs: 5,
      replayed: true,
      session: 'renewed',
    });
  });

  test('rounds no number: what a double would change comes as text (R12)', async () => {
    const exact =
      '[0,-0,1.50,150e-2,1e3,0.1,5e-324,9007199254740993.0,1.7976931348623157e308,"1e-400 \\" 12345678901234567890"]';
    const long =
      '{"id":9160109360600112681,"n":-0.12345678901234567890,"e":1e-400,"big":1e400,"12345678901234567890":1}';
    gateway.answer({ body: `{"success":true,"data":[${exact},${long}]}` });
    expect(await open().call('A_B', 'op')).toEqual([
      [
        0,
        -0,
        1.5,
        1.5,
        1_000,
        0.1,
        5e-324,
        '9007199254740993.0',
        1.7976931348623157e308,
        '1e-400 " 12345678901234567890',
      ],
      {
        id: '9160109360600112681',
        n: '-0.12345678901234567890',
        e: '1e-400',
        big: '1e400',
        '12345678901234567890': 1,
      },
    ]);
  });

  test('reads numbers as the parser that it is given does', async () => {
    gateway.answer({ body: '{"success":true,"data":{"id":1234567890123456789}}' });
    const parseJson = (text: string): unknown =>
      JSON.parse(text, (_, value: unknown, context?: { source?: string }) =>
        typeof value === 'number' && !Number.isSafeInteger(value) ? BigInt(context?.source ?? '') : value,
      );
    expect(await open({ parseJson }).call('A_B', 'op')).toEqual({ id: 1234567890123456789n });
  });
});

describe('errors', () => {
  test.each([
    ['AUTHENTICATION_FAILED', 502, AuthenticationError],
    ['UNAUTHENTICATED', 401, AuthenticationError],
    ['SESSION_EXPIRED', 502, SessionExpiredError],
    ['SESSION_NEEDS_PERSON', 503, SessionNeedsPersonError],
    ['PLATFORM_UNAVAILABLE', 503, PlatformUnavailableError],
    ['CIRCUIT_OPEN', 503, PlatformUnavailableError],
    ['DEADLINE_EXCEEDED', 504, PlatformUnavailableError],
    ['CAPTCHA_FAILED', 503, CaptchaError],
    ['PLATFORM_API_ERROR', 502, PlatformApiError],
    ['CONFIGURATION_ERROR', 500, ConfigurationError],
    ['VALIDATION_FAILED', 422, GatewayError],
    ['A_CODE_OF_TOMORROW', 400, GatewayError],
  ] as const)('%s (%i) is a %o', async (code, status, kind) => {
    gateway.answer(problem(code, status, {}, 7));
    const error = await rejection(open().call('A_B', 'op'));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({
      name: kind.name,
      code,
      status,
      requestId: 'r-9',
      retryable: false,
      retryAfterSeconds: 7,
      message: `Something about ${code}.`,
    });
  });

  test('carry what the third party answered, and the fields at fault', async () => {
    gateway.answer(
      problem('PLATFORM_API_ERROR', 502, { upstream: { status: 404, body: { message: '没有' } } }),
    );
    const refused = await rejection(open().call('A_B', 'op'));
    expect((refused as PlatformApiError).upstream).toEqual({
      status: 404,
      body: { message: '没有' },
    });
    gateway.answer(
      problem('VALIDATION_FAILED', 422, { errors: [{ field: 'params.userId', message: 'missing' }] }),
    );
    const invalid = await rejection(open().call('A_B', 'op'));
    expect(invalid.errors).toEqual([{ field: 'params.userId', message: 'missing' }]);
  });

  test.each([
    [{ status: 401, body: '{"message":"Unauthorized"}' }, 'UNAUTHENTICATED'],
    [{ status: 403, body: '{"message":"Forbidden"}' }, 'FORBIDDEN'],
    [{ status: 400, body: '<html>' }, 'UNEXPECTED_ANSWER'],
    [{ status: 200, body: '<html>' }, 'UNEXPECTED_ANSWER'],
    [{ status: 302, headers: { location: '/elsewhere' } }, 'UNEXPECTED_ANSWER'],
    [{ status: 418, body: '{"code":"PLATFORM_API_ERROR"}' }, 'UNEXPECTED_ANSWER'],
  ])('an answer that is not Gatehouse’s: %j', async (answer, code) => {
    gateway.answer(answer);
    expect(await rejection(open().call('A_B', 'op'))).toMatchObject({ code, status: answer.status });
    expect(gateway.asked).toHaveLength(1);
  });
});

describe('retries', () => {
  const later = (code: string) => problem(code, 503, { retryable: true }, 3);

  test.each(['QUOTA_EXCEEDED', 'LOGIN_IN_PROGRESS', 'CIRCUIT_OPEN', 'SERVICE_UNAVAILABLE'])(
    '%s: nothing was sent, so any call is repeated after Retry-After',
    async (code) => {
      gateway.answer(later(code), later(code), data('there'));
      expect(await open().call('A_B', 'op')).toBe('there');
      // Three seconds, and half of the quarter more.
      expect(sleeps).toEqual([3_375, 3_375]);
    },
  );

  test('PLATFORM_UNAVAILABLE: only what is keyed or said to be idempotent', async () => {
    gateway.answer(later('PLATFORM_UNAVAILABLE'), data('there'));
    await rejection(open().call('A_B', 'op'));
    expect(gateway.asked).toHaveLength(1);
    gateway.answer(later('PLATFORM_UNAVAILABLE'), data('there'));
    expect(await open().call('A_B', 'op', {}, { idempotencyKey: 'k' })).toBe('there');
    expect(gateway.asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['k', 'k']);
    gateway.answer(later('PLATFORM_UNAVAILABLE'), data('there'));
    expect(await open().call('A_B', 'op', {}, { idempotent: true })).toBe('there');
  });

  test('gives up after `retries`, with the last error', async () => {
    gateway.answer(later('CIRCUIT_OPEN'));
    expect(await rejection(open({ retries: 3 }).call('A_B', 'op'))).toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect(gateway.asked).toHaveLength(4);
  });

  test('does not begin a wait that outlasts the call', async () => {
    gateway.answer(problem('QUOTA_EXCEEDED', 429, { retryable: true }, 3_600));
    const error = await rejection(open({ timeoutMs: 10_000 }).call('A_B', 'op'));
    expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED', retryAfterSeconds: 3_600 });
    expect(sleeps).toEqual([]);
  });

  test('never what is not retryable', async () => {
    gateway.answer(problem('AUTHENTICATION_FAILED', 502));
    await rejection(open().call('A_B', 'op', {}, { idempotencyKey: 'k' }));
    expect(gateway.asked).toHaveLength(1);
  });

  test('a reset connection: a read again, an unkeyed call not', async () => {
    gateway.answer({ reset: true }, { body: 'here' });
    expect(await (await open().proxy('A_B', 'GET', '/x')).text()).toBe('here');
    expect(sleeps).toEqual([250]);
    gateway.answer({ reset: true }, data('there'));
    expect(await rejection(open().call('A_B', 'op'))).toMatchObject({
      code: 'GATEWAY_UNREACHABLE',
      status: 0,
    });
    expect(gateway.asked).toHaveLength(1);
  });

  test('API Gateway’s own 503 is repeated for reads', async () => {
    gateway.answer({ status: 503, body: '{"message":"Service Unavailable"}' }, data(1));
    expect(await open().call('A_B', 'op', {}, { idempotent: true })).toBe(1);
  });

  test('timeoutMs ends a call that hangs', async () => {
    gateway.answer({ hang: true });
    expect(await rejection(open().call('A_B', 'op', {}, { timeoutMs: 30 }))).toMatchObject({
      code: 'CLIENT_TIMEOUT',
    });
  });

  test('the caller’s signal ends a call with the caller’s reason, also between tries', async () => {
    gateway.answer({ hang: true });
    const controller = new AbortController();
    const call = open().call('A_B', 'op', {}, { signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');

    gateway.answer(later('CIRCUIT_OPEN'));
    const between = new AbortController();
    const sleep = async (_: number, signal: AbortSignal) => {
      between.abort(new Error('enough'));
      signal.throwIfAborted();
    };
    const options = { signal: between.signal };
    await expect(open({ clock: { now: () => 0, sleep } }).call('A_B', 'op', {}, options)).rejects.toThrow(
      'enough',
    );
  });
});

describe('proxy', () => {
  test('passes method, path, query, headers and bytes', async () => {
    gateway.answer({ status: 404, headers: { 'content-type': 'image/png' }, body: Buffer.from([0, 255, 1]) });
    const response = await open({ headers: { 'x-tenant': 'a' } }).proxy('A_B', 'post', '/api/f%2Fx', {
      query: { page: 2, tag: ['a b', '中'], none: undefined },
      headers: { 'x-own': 'b' },
      body: new Uint8Array([0, 200, 10]),
    });
    expect(response.status).toBe(404);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0, 255, 1]));
    expect(gateway.asked[0]).toMatchObject({
      method: 'POST',
      url: '/v1/services/A_B/proxy/api/f%2Fx?page=2&tag=a+b&tag=%E4%B8%AD',
      headers: { 'x-own': 'b', 'x-tenant': 'a', authorization: 'Bearer gh_test' },
    });
    expect(gateway.asked[0]?.body).toEqual(Buffer.from([0, 200, 10]));
  });

  test('writes objects as JSON and forms as forms; the same bytes again at a retry', async () => {
    gateway.answer({});
    await open().proxy('A_B', 'POST', '/x', { body: { title: '路灯' } });
    await open().proxy('A_B', 'POST', '/x', { body: new URLSearchParams({ a: '1' }) });
    expect(gateway.asked.map((a) => [a.headers['content-type'], a.body.toString()])).toEqual([
      ['application/json', '{"title":"路灯"}'],
      ['application/x-www-form-urlencoded;charset=UTF-8', 'a=1'],
    ]);
    const form = new FormData();
    form.set('file', new Blob(['bytes']), 'a.txt');
    gateway.answer(problem('QUOTA_EXCEEDED', 429, { retryable: true }, 1), {});
    await open().proxy('A_B', 'POST', '/x', { body: form });
    const [first, second] = gateway.asked;
    expect(first?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(second?.headers['content-type']).toBe(first?.headers['content-type']);
    expect(second?.body).toEqual(first?.body);
  });

  test('a third party’s 5xx, redirect and problem are answers; Gatehouse’s problem is an error', async () => {
    const client = open();
    gateway.answer({ status: 500, body: 'oops' });
    expect((await client.proxy('A_B', 'GET', '/x')).status).toBe(500);
    gateway.answer({ status: 302, headers: { location: '/y' } });
    expect((await client.proxy('A_B', 'GET', '/x')).headers.get('location')).toBe('/y');
    const theirs = { type: 'about:blank', code: 'CIRCUIT_OPEN' };
    const headers = { 'content-type': 'application/problem+json' };
    gateway.answer({ status: 503, headers, body: JSON.stringify(theirs) });
    expect(await (await client.proxy('A_B', 'GET', '/x')).json()).toEqual(theirs);
    gateway.answer(problem('PATH_NOT_ALLOWED', 403));
    expect(await rejection(client.proxy('A_B', 'GET', '/x'))).toMatchObject({ code: 'PATH_NOT_ALLOWED' });
  });

  test('a mistake of the caller is no network failure', async () => {
    await expect(open().proxy('A_B', 'GET', '/x', { body: 'no' })).rejects.toThrow(TypeError);
    await expect(open().proxy('A_B', 'GET', 'x')).rejects.toThrow('starts with "/"');
    expect(() => open({ baseUrl: 'nowhere' })).toThrow(TypeError);
  });
});

test('batch: each its own result', async () => {
  const item = problem('PLATFORM_API_ERROR', 502, { upstream: { status: 404, body: null } });
  gateway.answer({
    body: JSON.stringify({
      items: [
        { success: true, data: 1, meta: { requestId: 'r-1', attempts: 1, cached: true } },
        { success: false, error: JSON.parse(String(item.body)) as unknown },
      ],
    }),
  });
  const results = await open().batch('A_B', [{ operation: 'a', params: { x: 1 } }, { operation: 'b' }]);
  expect(gateway.asked[0]?.url).toBe('/v1/services/A_B/batch');
  expect(results[0]).toMatchObject({ success: true, data: 1, meta: { cached: true, stale: false } });
  expect(results[1]).toMatchObject({ success: false, error: { code: 'PLATFORM_API_ERROR', status: 502 } });
  expect(!results[1].success && results[1].error).toBeInstanceOf(PlatformApiError);
});

describe('request', () => {
  const json = (value: unknown) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });

  test('goes where the route table says', async () => {
    gateway.answer(json({ items: [], cursor: 'c' }));
    const page = await open().request('listEntries', {
      params: { accountId: 'user:10002' },
      query: { limit: 5, from: undefined },
    });
    expect(page).toEqual({ items: [], cursor: 'c' });
    const [asked] = gateway.asked;
    expect(`${asked!.method} ${asked!.url}`).toBe('GET /v1/accounts/user%3A10002/entries?limit=5');
    expect(asked!.headers.authorization).toBe('Bearer gh_test');
    expect(asked!.headers['content-type']).toBeUndefined();
  });

  test('sends a body as JSON', async () => {
    gateway.answer(json({ ursUid: 1 }));
    await open().request('enterUser', { body: { userKey: 'k' } });
    const [asked] = gateway.asked;
    expect(`${asked!.method} ${asked!.url}`).toBe('POST /v1/urs/enter');
    expect(asked!.headers['content-type']).toBe('application/json');
    expect(JSON.parse(asked!.body.toString())).toEqual({ userKey: 'k' });
  });

  test('answers with nothing where there is nothing', async () => {
    gateway.answer({ status: 204 });
    expect(await open().request('revokeKey', { params: { id: 'x' } })).toBeUndefined();
  });

  test('an empty answer that should have a body is a failure', async () => {
    gateway.answer({ status: 200 });
    const error = await rejection(open().request('listKeys'));
    expect(error.code).toBe('UNEXPECTED_ANSWER');
  });

  test('repeats what only reads, and a write only where that is said to be safe', async () => {
    const busy = problem('STORE_UNAVAILABLE', 503, { retryable: true });
    gateway.answer(busy, json({ items: [] }));
    expect(await open().request('listKeys')).toEqual({ items: [] });
    gateway.answer(busy, json({}));
    const body = { userId: 1, amount: '1', reason: 'Refund', transactionId: 't-1' };
    expect((await rejection(open().request('adjustBalance', { body }))).code).toBe('STORE_UNAVAILABLE');
    gateway.answer(busy, json({}));
    expect(await open().request('adjustBalance', { body }, { idempotent: true })).toEqual({});
  });

  test('a value that would lead to another route is refused', async () => {
    await expect(open().request('getSession', { params: { code: '..' } })).rejects.toThrow(TypeError);
    await expect(open().call('..', 'x')).rejects.toThrow(TypeError);
  });
});
