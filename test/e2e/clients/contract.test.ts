/** The clients of all languages do the same things in the same order: one contract, in real Python and real PHP too. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatewayError } from '../../../client/errors.ts';
import { ERROR_CODES } from '../../../lib/runtime/errors.ts';
import { data, problem, startGateway } from '../../integration/client/gateway.ts';
import type { Answer, FakeGateway } from '../../integration/client/gateway.ts';
import type { Driver, Job, Reply } from './drivers.ts';
import { LANGUAGES } from './drivers.ts';

const KEY = 'gh_0123456789abcdef';
const later = (code: string, seconds = 3) => problem(code, 503, { retryable: true }, seconds);
const call: Job = { do: 'call', service: 'A_B', operation: 'op' };
const keyed: Job = { ...call, options: { idempotencyKey: 'k' } };

describe.each(LANGUAGES.filter(({ present }) => present))(
  'the client of $name',
  ({ name, mistake, start }) => {
    let gateway: FakeGateway;
    let driver: Driver;

    beforeAll(async () => {
      gateway = await startGateway();
      driver = start();
    });
    afterAll(async () => {
      driver.stop();
      await gateway.stop();
    });

    const ask = (job: Job, options: NonNullable<Job['client']>['options'] = {}): Promise<Reply> =>
      driver.do({ client: { baseUrl: `${gateway.baseUrl}/`, apiKey: KEY, options }, ...job });
    const answers = (...next: Answer[]) => gateway.answer(...next);

    describe('call', () => {
      test('posts params with the key, answers with data', async () => {
        answers(data({ nickname: '小明' }));
        const options = { idempotencyKey: 'once', account: 'north' };
        const params = { userKey: 'k', empty: null };
        expect(await ask({ ...call, params, options })).toEqual({ value: { nickname: '小明' }, slept: [] });
        expect(gateway.asked).toHaveLength(1);
        expect(gateway.asked[0]).toMatchObject({
          method: 'POST',
          url: '/v1/services/A_B/operations/op',
          headers: {
            authorization: `Bearer ${KEY}`,
            'content-type': 'application/json',
            'idempotency-key': 'once',
            'x-gatehouse-account': 'north',
          },
        });
        expect(JSON.parse(gateway.asked[0]!.body.toString())).toEqual({ params });
      });

      test('without params posts an empty object, and no key that nobody gave', async () => {
        answers(data(1));
        await ask(call);
        expect(gateway.asked[0]!.body.toString()).toBe('{"params":{}}');
        expect(gateway.asked[0]!.headers).not.toHaveProperty('idempotency-key');
      });

      test('tells how it went', async () => {
        const headers = { 'Idempotency-Replayed': 'true', 'X-Gatehouse-Session': 'renewed' };
        answers(data(null, { attempts: 2, stale: true }, headers));
        const { value } = await ask({ ...call, do: 'callWithMeta' });
        expect(value).toEqual({
          data: null,
          meta: {
            requestId: 'r-1',
            attempts: 2,
            cached: false,
            stale: true,
            replayed: true,
            account: null,
            session: 'renewed',
          },
        });
      });

      test('rounds no number', async () => {
        const given =
          '{"id":9160109360600112681,"long":92233720368547758079,"amount":0.1234567891,"longer":-0.12345678901234567890,' +
          '"whole":1500,"text":"12345678901234567890 \\" 1e400","nothing":null,"yes":true}';
        answers({ body: `{"success":true,"data":${given}}` });
        const { value } = await ask(call);
        // Where the language has no number that holds it, its text.
        const id = name === 'TypeScript' ? '9160109360600112681' : '#9160109360600112681';
        const long = name === 'Python' ? '#92233720368547758079' : '92233720368547758079';
        const longer = name === 'Python' ? '#-0.12345678901234567890' : '-0.12345678901234567890';
        const rest = { whole: '#1500', text: '12345678901234567890 " 1e400', nothing: null, yes: true };
        expect(value).toEqual({ id, long, longer, amount: '#0.1234567891', ...rest });
      });

      test.skipIf(name === 'TypeScript')(
        'sends a number of many digits as its text, others as numbers',
        async () => {
          answers(data(1));
          const params = {
            id: { type: 'int', digits: '9160109360600112681' },
            small: { type: 'int', digits: '9007199254740991' },
            amount: { type: 'decimal', digits: '0.12345678901234567890' },
          };
          await ask({ ...call, do: 'callNumbers', params });
          expect(gateway.asked[0]!.body.toString()).toBe(
            '{"params":{"id":"9160109360600112681","small":9007199254740991,"amount":"0.12345678901234567890"}}',
          );
        },
      );
    });

    test('a batch gives each its result or its error, in order', async () => {
      const failure = JSON.parse(String(problem('QUOTA_EXCEEDED', 429).body)) as object;
      const items = [
        { success: true, data: 'one', meta: { requestId: 'r-2' } },
        { success: false, error: failure },
      ];
      answers({ body: JSON.stringify({ items }) });
      const calls = [
        { operation: 'a' },
        { operation: 'b', params: { n: 'x' } },
        { operation: 'c', params: {} },
      ];
      const { value } = await ask({ do: 'batch', service: 'A_B', calls });
      expect(value).toMatchObject([
        { data: 'one', meta: { requestId: 'r-2' } },
        { error: { class: 'QuotaExceededError', code: 'QUOTA_EXCEEDED', status: 429 } },
      ]);
      expect(gateway.asked[0]!.url).toBe('/v1/services/A_B/batch');
      expect(JSON.parse(gateway.asked[0]!.body.toString())).toEqual(calls);
      expect(gateway.asked[0]!.body.toString()).toContain('"params":{}');
    });

    describe('a request to another route', () => {
      test('fills in path and query, and answers with the JSON', async () => {
        answers({ body: '{"balance":"12345678901234567890.1"}' });
        const path = '/v1/accounts/{accountId}/entries';
        const { value } = await ask({
          do: 'request',
          method: 'GET',
          path,
          params: { accountId: 'user:1/2 中' },
          query: { limit: 5, cursor: null, tag: ['a b', null, '中'], all: true },
        });
        expect(value).toEqual({ balance: '12345678901234567890.1' });
        expect([gateway.asked[0]!.method, gateway.asked[0]!.url]).toEqual([
          'GET',
          '/v1/accounts/user%3A1%2F2%20%E4%B8%AD/entries?limit=5&tag=a+b&tag=%E4%B8%AD&all=true',
        ]);
        expect(gateway.asked[0]!.headers).not.toHaveProperty('content-type');
      });

      test('answers with nothing where there is nothing', async () => {
        answers({ status: 204 });
        const job: Job = {
          do: 'request',
          method: 'DELETE',
          path: '/v1/admin/keys/{id}',
          params: { id: 'x' },
        };
        expect(await ask(job)).toEqual({ value: null, slept: [] });
      });

      test('sends its body as JSON', async () => {
        answers({ status: 201, body: '{}' });
        const body = { name: '工单', role: 'caller' };
        await ask({ do: 'request', method: 'POST', path: '/v1/admin/keys', body });
        expect(gateway.asked[0]!.headers['content-type']).toBe('application/json');
        expect(JSON.parse(gateway.asked[0]!.body.toString())).toEqual(body);
      });
    });

    test('reads a long text full of quotes beside a number of many digits', async () => {
      const text = 'a"'.repeat(700_000);
      answers({
        body: JSON.stringify({ success: true, data: { text, id: 0 } }).replace(':0}', ':1234567890123456.5}'),
      });
      const { value } = await ask(call);
      expect((value as { text: string }).text).toBe(text);
    });

    describe('errors', () => {
      test.each([
        ['AUTHENTICATION_FAILED', 502, 'AuthenticationError'],
        ['UNAUTHENTICATED', 401, 'AuthenticationError'],
        ['SESSION_EXPIRED', 502, 'SessionExpiredError'],
        ['SESSION_NEEDS_PERSON', 503, 'SessionNeedsPersonError'],
        ['PLATFORM_UNAVAILABLE', 503, 'PlatformUnavailableError'],
        ['PLATFORM_BUSY', 503, 'PlatformUnavailableError'],
        ['LOGIN_IN_PROGRESS', 503, 'PlatformUnavailableError'],
        ['CIRCUIT_OPEN', 503, 'PlatformUnavailableError'],
        ['SERVICE_UNAVAILABLE', 503, 'PlatformUnavailableError'],
        ['DEADLINE_EXCEEDED', 504, 'PlatformUnavailableError'],
        ['CAPTCHA_FAILED', 503, 'CaptchaError'],
        ['PLATFORM_API_ERROR', 502, 'PlatformApiError'],
        ['CONFIGURATION_ERROR', 500, 'ConfigurationError'],
        ['QUOTA_EXCEEDED', 429, 'QuotaExceededError'],
        ['VALIDATION_FAILED', 422, 'GatewayError'],
        ['A_CODE_OF_TOMORROW', 400, 'GatewayError'],
      ])('%s (%i) is a %s', async (code, status, kind) => {
        answers(problem(code, status, {}, 7));
        const { error } = await ask(call);
        const detail = `Something about ${code}.`;
        expect(error).toEqual({
          class: kind,
          isGatewayError: true,
          text: `${code}: ${detail}`,
          code,
          detail,
          status,
          requestId: 'r-9',
          retryable: false,
          retryAfter: 7,
          errors: [],
          upstream: null,
        });
        expect(gateway.asked).toHaveLength(1);
      });

      test('each code has the class that it has in TypeScript', async () => {
        for (const code of ERROR_CODES) {
          answers(problem(code, 400));
          const { name: kind } = gatewayError({ code, message: '', status: 400, retryable: false });
          expect([code, (await ask(call)).error?.class]).toEqual([code, kind]);
        }
      });

      test('carry what the third party answered, and the fields at fault', async () => {
        answers(problem('PLATFORM_API_ERROR', 502, { upstream: { status: 404, body: { message: '没有' } } }));
        expect((await ask(call)).error?.upstream).toEqual({ status: '#404', body: { message: '没有' } });
        const errors = [{ field: 'params.userId', message: 'missing' }];
        answers(problem('VALIDATION_FAILED', 422, { errors }));
        expect((await ask(call)).error?.errors).toEqual(errors);
      });

      test.each([
        [{ status: 401, body: '{"message":"Unauthorized"}' }, 'UNAUTHENTICATED'],
        [{ status: 403, body: '{"message":"Forbidden"}' }, 'FORBIDDEN'],
        [{ status: 400, body: '<html>' }, 'UNEXPECTED_ANSWER'],
        [{ status: 200, body: '<html>' }, 'UNEXPECTED_ANSWER'],
        [{ status: 200, body: '{"data":NaN}' }, 'UNEXPECTED_ANSWER'],
        [{ status: 302, headers: { location: '/elsewhere' } }, 'UNEXPECTED_ANSWER'],
        [{ status: 418, body: '{"code":"PLATFORM_API_ERROR"}' }, 'UNEXPECTED_ANSWER'],
      ])('an answer that is not Gatehouse’s: %j', async (answer, code) => {
        answers(answer);
        expect((await ask(call)).error).toMatchObject({ code, status: answer.status, isGatewayError: true });
        expect(gateway.asked).toHaveLength(1);
      });

      test.skipIf(name === 'TypeScript')(
        'show the API key nowhere: no client, trace or variable',
        async () => {
          answers({ reset: true });
          const leaked = async () =>
            (await driver.do({ do: 'leaks' })).value as { text: string; again: boolean };
          // Nobody listens; the connection breaks under the request; Gatehouse refuses it.
          await driver.do({ do: 'open', client: { baseUrl: 'http://127.0.0.1:9', apiKey: KEY } });
          const shown = [await leaked()];
          await ask({ do: 'open' });
          answers({ reset: true });
          shown.push(await leaked());
          answers(problem('FORBIDDEN', 403));
          shown.push(await leaked());
          for (const { text, again } of shown) {
            expect(text).toMatch(/GATEWAY_UNREACHABLE|FORBIDDEN/);
            expect(text).not.toContain(KEY.slice(0, 8));
            expect(again).toBe(true);
          }
        },
      );

      test('a key with a line break in it is refused without showing it; around it the break is dropped', async () => {
        const apiKey = 'gh_01234567\nx-evil: 1';
        const { error } = await driver.do({ ...call, client: { baseUrl: gateway.baseUrl, apiKey } });
        expect(error?.class).toBe(mistake);
        expect(error?.text).not.toContain('gh_0');
        answers(data(1));
        await driver.do({ ...call, client: { baseUrl: gateway.baseUrl, apiKey: `${KEY}\n` } });
        expect(gateway.asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
      });
    });

    describe('retries', () => {
      test.each(['QUOTA_EXCEEDED', 'LOGIN_IN_PROGRESS', 'CIRCUIT_OPEN', 'SERVICE_UNAVAILABLE'])(
        '%s: nothing was sent, so any call is repeated after Retry-After and up to a quarter more',
        async (code) => {
          answers(later(code), later(code), data('there'));
          expect(await ask(call)).toEqual({ value: 'there', slept: [3_375, 3_375] });
          expect(gateway.asked).toHaveLength(3);
        },
      );

      test('PLATFORM_UNAVAILABLE: only what is keyed or said to be idempotent, with the same key and body', async () => {
        answers(later('PLATFORM_UNAVAILABLE'), data('there'));
        expect((await ask(call)).error?.code).toBe('PLATFORM_UNAVAILABLE');
        expect(gateway.asked).toHaveLength(1);
        answers(later('PLATFORM_UNAVAILABLE'), data('there'));
        expect((await ask({ ...keyed, params: { a: 'b' } })).value).toBe('there');
        expect(
          gateway.asked.map(({ headers, body }) => [headers['idempotency-key'], body.toString()]),
        ).toEqual([
          ['k', '{"params":{"a":"b"}}'],
          ['k', '{"params":{"a":"b"}}'],
        ]);
        answers(later('PLATFORM_UNAVAILABLE'), data('there'));
        expect((await ask({ ...call, options: { idempotent: true } })).value).toBe('there');
      });

      test('gives up after `retries`, with the last error', async () => {
        answers(later('CIRCUIT_OPEN'));
        expect((await ask(call, { retries: 3 })).error?.code).toBe('CIRCUIT_OPEN');
        expect(gateway.asked).toHaveLength(4);
      });

      test('without Retry-After waits ½, 1, 2, 4, 8 and 8 s at most', async () => {
        answers({ status: 503, body: '{"message":"Service Unavailable"}' });
        const { slept } = await ask(keyed, { retries: 6 });
        expect(slept).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000]);
      });

      test('does not begin a wait that outlasts the call', async () => {
        answers(problem('QUOTA_EXCEEDED', 429, { retryable: true }, 3_600));
        const { error, slept } = await ask({ ...call, options: { timeout: 10 } });
        expect([error?.retryAfter, slept]).toEqual([3_600, []]);
        answers(later('CIRCUIT_OPEN', 6));
        expect((await ask({ ...call, options: { timeout: 10 } })).slept).toEqual([6_750]);
      });

      test('never what is not retryable', async () => {
        answers(problem('AUTHENTICATION_FAILED', 502, {}, 1));
        await ask(keyed);
        expect(gateway.asked).toHaveLength(1);
      });

      test('a reset connection: a read again, an unkeyed call not, on a kept connection neither', async () => {
        const read: Job = { do: 'request', method: 'GET', path: '/v1/services' };
        answers({ reset: true }, { body: '"here"' });
        const { value, slept } = await ask(read);
        // curl is at once with a new connection where the kept one breaks.
        expect([value, slept]).toEqual(['here', name === 'PHP' ? [] : [250]]);
        answers({ reset: true }, data('there'));
        expect((await ask(call)).error).toMatchObject({
          code: 'GATEWAY_UNREACHABLE',
          status: 0,
          retryable: true,
        });
        expect(gateway.asked).toHaveLength(1);
      });

      test('an answer that ends too early is none', async () => {
        answers({ cut: true, body: '{"success":true,"data":1}' });
        expect((await ask(call)).error?.code).toBe('GATEWAY_UNREACHABLE');
        answers({ cut: true, body: 'half' });
        const { error } = await ask({ do: 'proxy', service: 'A_B', method: 'POST', path: '/x' });
        // In TypeScript the bytes are read by the caller: `fetch` throws.
        expect(error?.class).toBe(name === 'TypeScript' ? 'TypeError' : 'GatewayError');
      });

      test('a call that hangs is ended', async () => {
        answers({ hang: true });
        expect((await ask({ ...call, options: { timeout: 0.1 } })).error).toMatchObject({
          code: 'CLIENT_TIMEOUT',
          status: 0,
        });
      });

      test('nobody listens', async () => {
        const client = { baseUrl: 'http://127.0.0.1:9', apiKey: KEY };
        expect((await driver.do({ ...call, client })).error?.code).toBe('GATEWAY_UNREACHABLE');
      });
    });

    describe('proxy', () => {
      test('passes method, path, query, headers and bytes, and gives bytes back', async () => {
        const bytes = Buffer.from([0, 255, 1, 13, 10]);
        answers({ status: 404, headers: { 'content-type': 'image/png' }, body: bytes });
        const sent = Buffer.from([0, 200, 10, 13]);
        const { value } = await ask(
          {
            do: 'proxy',
            service: 'A_B',
            method: 'post',
            path: '/api/f%2Fx/文 件',
            query: { page: 2 },
            headers: { 'X-Own': 'b' },
            body: { base64: sent.toString('base64') },
          },
          { headers: { 'x-tenant': 'a', 'x-own': 'other' } },
        );
        expect(value).toMatchObject({ type: 'image/png', body: { base64: bytes.toString('base64') } });
        expect(gateway.asked[0]).toMatchObject({
          method: 'POST',
          url: '/v1/services/A_B/proxy/api/f%2Fx/%E6%96%87%20%E4%BB%B6?page=2',
          headers: { 'x-own': 'b', 'x-tenant': 'a', authorization: `Bearer ${KEY}` },
        });
        expect(gateway.asked[0]!.headers).not.toHaveProperty('content-type');
        expect(gateway.asked[0]!.body).toEqual(sent);
      });

      test('writes objects as JSON, and repeats the same bytes', async () => {
        answers(later('QUOTA_EXCEEDED'), {});
        await ask({ do: 'proxy', service: 'A_B', method: 'PUT', path: '/x', body: { title: '路灯' } });
        expect(
          gateway.asked.map(({ method, headers, body }) => [
            method,
            headers['content-type'],
            body.toString(),
          ]),
        ).toEqual([
          ['PUT', 'application/json', '{"title":"路灯"}'],
          ['PUT', 'application/json', '{"title":"路灯"}'],
        ]);
      });

      test('a third party’s 5xx, redirect and problem are answers; Gatehouse’s problem is an error', async () => {
        const get: Job = { do: 'proxy', service: 'A_B', method: 'GET', path: '/x' };
        answers({ status: 500, body: 'oops' });
        expect((await ask(get)).value).toMatchObject({ body: { base64: 'b29wcw==' } });
        answers({ status: 302, headers: { location: '/y' } });
        expect((await ask(get)).value).toMatchObject({ location: '/y' });
        expect(gateway.asked).toHaveLength(1);
        const headers = { 'content-type': 'application/problem+json' };
        answers({ status: 503, headers, body: '{"type":"about:blank","code":"CIRCUIT_OPEN"}' });
        expect((await ask(get)).value).toMatchObject({ type: 'application/problem+json' });
        answers(problem('PATH_NOT_ALLOWED', 403));
        expect((await ask(get)).error?.code).toBe('PATH_NOT_ALLOWED');
      });

      test('HEAD has no body, and DELETE and POST go without one', async () => {
        answers({ headers: { 'content-length': '5', 'content-type': 'a/b' } });
        const head = await ask({ do: 'proxy', service: 'A_B', method: 'HEAD', path: '/x' });
        expect(head.value).toMatchObject({ type: 'a/b', body: { base64: '' } });
        answers({});
        await ask({ do: 'proxy', service: 'A_B', method: 'DELETE', path: '/x' });
        await ask({ do: 'proxy', service: 'A_B', method: 'POST', path: '/x' });
        expect(gateway.asked.map(({ method, body }) => [method, body.length])).toEqual([
          ['DELETE', 0],
          ['POST', 0],
        ]);
        expect(gateway.asked[1]!.headers).toMatchObject({ 'content-length': '0' });
        expect(gateway.asked[1]!.headers).not.toHaveProperty('content-type');
      });

      test('a large body is sent at once', async () => {
        answers({});
        const body = { base64: Buffer.alloc(1_500_000, 7).toString('base64') };
        await ask({ do: 'proxy', service: 'A_B', method: 'PUT', path: '/x', body });
        expect(gateway.asked[0]!.body).toHaveLength(1_500_000);
        expect(gateway.asked[0]!.headers).not.toHaveProperty('expect');
      });

      // Python takes an early answer for the answer: Gatehouse and API Gateway send none.
      test.skipIf(name === 'Python')(
        'headers of an answer before the answer are not its headers',
        async () => {
          answers({ early: { 'retry-after': '9' }, ...problem('FORBIDDEN', 403) });
          expect((await ask(call)).error).toMatchObject({ code: 'FORBIDDEN', retryAfter: null });
        },
      );
    });

    describe('a mistake of the caller is none of the network', () => {
      const proxied = (path: string, rest: Partial<Job> = {}): Job => ({
        do: 'proxy',
        service: 'A_B',
        method: 'GET',
        path,
        ...rest,
      });

      test.each<[string, Job]>([
        ['a path without a slash', proxied('x')],
        ['dot segments', proxied('/../../../v1/admin/keys')],
        ['encoded ones', proxied('/a/%2E%2e/b')],
        ['one at the end', proxied('/a/..?x=1')],
        ['some between backslashes', proxied('/a\\..\\b')],
        ['a service that leads elsewhere', { ...call, service: '..' }],
        ['a parameter that is missing', { do: 'request', method: 'GET', path: '/v1/accounts/{accountId}' }],
        ['a header with a line break', proxied('/x', { headers: { 'x-a': 'b\r\nx-evil: 1' } })],
        ['a key with a line break', { ...call, options: { idempotencyKey: 'k\r\nx-evil: 1' } }],
        ['a method with a space', proxied('/x', { method: 'GET /y' })],
        ['a GET with a body', proxied('/x', { body: 'no' })],
      ])('%s', async (_what, job) => {
        answers({});
        expect((await ask(job)).error?.class).toBe(mistake);
        expect(gateway.asked).toEqual([]);
      });

      test.each(['nowhere', 'ftp://127.0.0.1', 'http://', 'http://127.0.0.1:port'])(
        'an address %j',
        async (baseUrl) => {
          const { error } = await driver.do({ do: 'open', client: { baseUrl, apiKey: KEY } });
          expect(error?.class).toBe(mistake);
        },
      );

      test('dots that are no segments pass', async () => {
        answers({});
        await ask(proxied('/a..b/...?from=../x'));
        expect(gateway.asked[0]!.url).toBe('/v1/services/A_B/proxy/a..b/...?from=../x');
      });
    });

    describe.skipIf(name === 'TypeScript')('connections', () => {
      const ports = () => gateway.asked.map(({ port }) => port);

      test('are kept', async () => {
        answers(data(1));
        for (let times = 0; times < 3; times++) await ask(keyed);
        expect(new Set(ports()).size).toBe(1);
      });

      test('that the server has ended are not used', async () => {
        answers(data(1));
        await ask(keyed);
        await gateway.endIdle();
        expect((await ask(call)).value).toBe('#1');
        expect(new Set(ports()).size).toBe(2);
      });

      test('are not shared with a forked process', async () => {
        answers(data(1));
        await ask(keyed);
        expect((await ask({ do: 'fork' })).value).toBe('#1');
        const [before, child, after] = ports();
        expect(child).not.toBe(before);
        expect(after).toBe(before);
      });

      test('that break under an unkeyed call are not written to again', async () => {
        answers(data(1));
        await ask(keyed);
        answers({ reset: true }, data('twice'));
        expect((await ask(call)).error?.code).toBe('GATEWAY_UNREACHABLE');
        expect(gateway.asked).toHaveLength(1);
      });
    });
  },
);

test.skipIf(!LANGUAGES.some(({ name, present }) => name === 'Python' && present))(
  'the file of Python is of the grammar of 3.9, and imports the standard library only',
  () => {
    const program = `
import ast, sys
sys.path.insert(0, "clients/python")
import gatehouse
ast.parse(open(gatehouse.__file__).read(), feature_version=(3, 9))`;
    // -S: without the packages that are installed.
    const { stderr, status } = spawnSync('python3', ['-B', '-I', '-S', '-c', program], { encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
  },
);
