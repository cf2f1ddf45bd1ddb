/** The clients of all languages against the running stack: what business code meets. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSubscriber } from '../../integration/events/subscriber.ts';
import type { Subscriber } from '../../integration/events/subscriber.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { sendJson } from '../../peer.ts';
import type { Peer } from '../../peer.ts';
import { withPeer } from '../../with-peer.ts';
import { LANGUAGES } from './drivers.ts';
import type { Driver, Job } from './drivers.ts';

let gatehouse: Gatehouse;
let peer: Peer;
withPeer((both) => ({ gatehouse, peer } = both));

const OPERATIONS = {
  read: { method: 'GET', path: '/things/{{params.id}}' },
  create: { method: 'POST', path: '/things', body: 'json' },
  level: {
    method: 'POST',
    path: '/levels',
    body: 'json',
    params: { type: 'object', required: ['level'], properties: { level: { enum: [1, 3] } } },
  },
};
const NO_RETRIES = { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } };
const WAIT = { timeout: 15_000, interval: 50 };

describe.each(LANGUAGES.filter(({ present }) => present))('$name', ({ name, start }) => {
  let driver: Driver;
  let subscriber: Subscriber;
  let count = 0;

  beforeAll(async () => {
    driver = start();
    subscriber = await startSubscriber();
  });
  afterAll(async () => {
    driver.stop();
    await subscriber.stop();
  });

  async function service(parts: object = {}): Promise<string> {
    const code = `${name.toUpperCase()}_${++count}`;
    const definition = { code, name, baseUrl: peer.url, auth: { type: 'NONE' }, retry: NO_RETRIES };
    await gatehouse.register({ ...definition, operations: OPERATIONS, allowedPaths: ['/raw/*'], ...parts });
    return code;
  }
  const ask = (job: Job, apiKey = gatehouse.stack.adminKey) =>
    driver.do({ client: { baseUrl: gatehouse.url, apiKey }, ...job });

  test('calls, and numbers arrive exactly', async () => {
    const code = await service();
    peer.answer((_request, response) =>
      sendJson(response, '{"id":9160109360600112681,"amount":0.1234567891,"name":"东"}'),
    );
    const job: Job = { do: 'callWithMeta', service: code, operation: 'read', params: { id: '东 1' } };
    const { value } = await ask(job);
    const id = name === 'TypeScript' ? '9160109360600112681' : '#9160109360600112681';
    expect(value).toMatchObject({
      data: { id, amount: '#0.1234567891', name: '东' },
      meta: { attempts: 1, replayed: false, requestId: expect.stringMatching(/.{8}/) },
    });
    expect(peer.seen[0]!.url).toBe('/things/%E4%B8%9C%201');
  });

  test.skipIf(name === 'TypeScript')('sends back the numbers that it got', async () => {
    const code = await service();
    const params = {
      id: { type: 'int', digits: '9160109360600112681' },
      amount: { type: 'decimal', digits: '12345678901.1234567891' },
    };
    const { error } = await ask({ do: 'callNumbers', service: code, operation: 'create', params });
    expect(error).toBeUndefined();
    expect(JSON.parse(peer.seen[0]!.body.toString())).toEqual({
      id: '9160109360600112681',
      amount: '12345678901.1234567891',
    });
  });

  test('does once what has an idempotency key, and says that it was replayed', async () => {
    const code = await service();
    peer.answer((_request, response) => sendJson(response, { order: peer.seen.length }));
    const options = { idempotencyKey: randomUUID() };
    const job: Job = {
      do: 'callWithMeta',
      service: code,
      operation: 'create',
      params: { title: '路灯' },
      options,
    };
    const first = await ask(job);
    const again = await ask(job);
    expect(first.value).toMatchObject({ data: { order: '#1' }, meta: { replayed: false } });
    expect(again.value).toMatchObject({ data: { order: '#1' }, meta: { replayed: true } });
    expect(peer.seen).toHaveLength(1);
    const other = await ask({ ...job, params: { title: 'other' } });
    expect(other.error).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH', status: 422, retryable: false });
  });

  test('comes again after the Retry-After of the platform', async () => {
    const code = await service();
    let times = 0;
    peer.answer((_request, response) => {
      if (++times === 1) response.writeHead(429, { 'retry-after': '40' }).end();
      else sendJson(response, { times });
    });
    const options = { idempotencyKey: randomUUID() };
    const { value, slept } = await ask({ do: 'call', service: code, operation: 'create', options });
    // 40 s, and half of the quarter more.
    expect([value, slept]).toEqual([{ times: '#2' }, [45_000]]);
  });

  test('has a class for what went wrong, and what the platform said', async () => {
    const code = await service();
    const limited = await service({ quotas: [{ type: 'PER_DAY', limit: 1 }] });
    const call: Job = { do: 'call', service: code, operation: 'create' };
    peer.answer((_request, response) => sendJson(response, { message: '没有', id: 7 }, 404));
    expect((await ask(call)).error).toMatchObject({
      class: 'PlatformApiError',
      status: 502,
      retryable: false,
      upstream: { status: '#404', body: { message: '没有', id: '#7' } },
    });
    expect((await ask(call, 'gh_nobody')).error).toMatchObject({ class: 'AuthenticationError', status: 401 });
    await ask({ ...call, service: limited });
    expect((await ask({ ...call, service: limited })).error).toMatchObject({
      class: 'QuotaExceededError',
      status: 429,
      retryable: true,
      retryAfter: expect.any(Number),
    });
    expect((await ask({ ...call, operation: 'level', params: { level: 2 } })).error).toMatchObject({
      class: 'GatewayError',
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'params.level' }],
    });
    const missing = await service({ auth: { type: 'API_KEY' } });
    expect((await ask({ ...call, service: missing })).error?.class).toBe('ConfigurationError');
    const gone = await service({ baseUrl: 'http://127.0.0.1:9' });
    expect((await ask({ ...call, service: gone })).error?.class).toBe('PlatformUnavailableError');
  });

  test('gives each call of a batch its own result', async () => {
    const code = await service();
    const calls = [
      { operation: 'create', params: { n: 'x' } },
      { operation: 'level', params: {} },
      { operation: 'create' },
    ];
    const { value } = await ask({ do: 'batch', service: code, calls });
    expect(value).toMatchObject([
      { data: { ok: true } },
      { error: { class: 'GatewayError', code: 'VALIDATION_FAILED', status: 422 } },
      { data: { ok: true } },
    ]);
  });

  test('hands bytes through, both ways', async () => {
    const code = await service();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    peer.answer((request, response) => {
      response.writeHead(418, { 'content-type': 'image/png' }).end(Buffer.from(request.body.toReversed()));
    });
    const { value } = await ask({
      do: 'proxy',
      service: code,
      method: 'PUT',
      path: '/raw/图片',
      query: { page: 2 },
      headers: { 'content-type': 'application/octet-stream', 'x-shop': 'north' },
      body: { base64: bytes.toString('base64') },
    });
    expect(value).toMatchObject({
      type: 'image/png',
      body: { base64: Buffer.from(bytes.toReversed()).toString('base64') },
    });
    const { method, url, headers, body } = peer.seen[0]!;
    expect([method, url, headers['x-shop']]).toEqual(['PUT', '/raw/%E5%9B%BE%E7%89%87?page=2', 'north']);
    expect(body).toEqual(bytes);
    const refused = await ask({ do: 'proxy', service: code, method: 'GET', path: '/secret' });
    expect(refused.error).toMatchObject({ code: 'PATH_NOT_ALLOWED', status: 403 });
  });

  test('asks the other routes: what one key may not, and an answer without a body', async () => {
    const made = await ask({
      do: 'request',
      method: 'POST',
      path: '/v1/admin/keys',
      body: { name, role: 'caller' },
    });
    const { id, key } = made.value as { id: string; key: string };
    const list: Job = { do: 'request', method: 'GET', path: '/v1/admin/calls', query: { limit: 1 } };
    expect((await ask(list, key)).error).toMatchObject({ code: 'FORBIDDEN', status: 403 });
    expect((await ask(list)).value).toMatchObject({ items: [{ service: expect.any(String) }] });
    const revoke: Job = { do: 'request', method: 'DELETE', path: '/v1/admin/keys/{id}', params: { id } };
    expect(await ask(revoke)).toMatchObject({ value: null });
  });

  test('checks the events that Gatehouse sends, also while their secret is rotated', async () => {
    const path = '/v1/admin/subscriptions';
    const body = { url: subscriber.url, events: ['*'] };
    const made = await ask({ do: 'request', method: 'POST', path, body });
    const { id, secret } = made.value as { id: string; secret: string };
    const rotated = await ask({ do: 'request', method: 'POST', path: `${path}/{id}/rotate`, params: { id } });
    const { secret: next } = rotated.value as { secret: string };
    await ask({ do: 'request', method: 'POST', path: `${path}/{id}/test`, params: { id } });
    await expect.poll(() => subscriber.requests.length, WAIT).toBeGreaterThan(0);
    const { headers, body: raw } = subscriber.requests[0]!;
    for (const secrets of [secret, next]) {
      const sent = { headers: headers as Record<string, string>, body: { base64: raw.toString('base64') } };
      expect((await ask({ do: 'verify', ...sent, secrets })).value).toMatchObject({
        id: headers['webhook-id'],
        type: 'subscription.test',
      });
    }
    await ask({ do: 'request', method: 'DELETE', path: `${path}/{id}`, params: { id } });
  });
});
