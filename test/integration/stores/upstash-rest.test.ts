import { Redis as UpstashClient } from '@upstash/redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis } from '../../../dev/stores/redis.ts';
import { connectRedis, script } from '../../../lib/vendors/redis/redis.ts';
import { openPrivateRedis } from '../../stores.ts';
import type { PrivateRedis } from '../../stores.ts';

const probe = await startRedis({ dataDir: 'memory' });
await probe.stop();
const engines = probe.describe.includes('redis-server') ? (['auto', 'mock'] as const) : (['mock'] as const);

describe.each(
  engines.map((engine) => ({ engine, name: engine === 'auto' ? 'redis-server' : 'ioredis-mock' })),
)("Upstash's REST protocol on $name", ({ engine }) => {
  let own: PrivateRedis;
  let client: UpstashClient;
  beforeAll(async () => {
    own = await openPrivateRedis({ engine, timeoutMs: 5_000 });
    client = new UpstashClient({
      ...own,
      automaticDeserialization: false,
      enableTelemetry: false,
      retry: false,
    });
  });
  afterAll(() => own.close());

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(own.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${own.token}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const answerOf = async (path: string, body: unknown, headers?: Record<string, string>) => {
    const response = await post(path, body, headers);
    return [response.status, await response.json()];
  };

  test('SET with and without NX and PX, GET, DEL, INCR', async () => {
    const { redis } = own;
    expect(await redis.set('a', '1')).toBe(true);
    expect(await redis.set('a', '2', { nx: true, px: 10_000 })).toBe(false);
    expect(await redis.get('a')).toBe('1');
    expect(await redis.set('b', '2', { nx: true, px: 10_000 })).toBe(true);
    expect(await client.pttl('b')).toBeGreaterThan(9_000);
    expect(await redis.set('b', '3', { px: 20_000 })).toBe(true);
    expect(await client.pttl('b')).toBeGreaterThan(19_000);
    expect(await redis.mget(['a', 'none', 'b'])).toEqual(['1', null, '3']);
    expect(await client.incr('a')).toBe(2);
    expect(await redis.del('a', 'b', 'none')).toBe(2);
    expect(await redis.get('a')).toBe(null);
    await redis.ping();
  });

  test('a key is gone when its time is over', async () => {
    await own.redis.set('brief', 'x', { px: 1 });
    await expect.poll(() => own.redis.get('brief')).toBe(null);
  });

  test.each(['', 'OK', 'T0s=', '123', '{"a":[1]}', '中文 é 😀', 'line\r\nline\0', '"', 'x'.repeat(200_000)])(
    'a value comes back as it was (%#)',
    async (value) => {
      await own.redis.set('value', value);
      expect(await own.redis.get('value')).toBe(value);
      expect(await answerOf('/', ['GET', 'value'])).toEqual([200, { result: value }]);
    },
  );

  test('replies are base64 when asked for, at every depth; OK, numbers and null are not', async () => {
    const headers = { 'upstash-encoding': 'base64' };
    const source = "return {1, ARGV[1], {'deep', false}}";
    expect(await answerOf('/', ['SET', 'e', 'é'], headers)).toEqual([200, { result: 'OK' }]);
    expect(await answerOf('/', ['GET', 'e'], headers)).toEqual([200, { result: 'w6k=' }]);
    expect(await answerOf('/', ['PING'], headers)).toEqual([200, { result: 'UE9ORw==' }]);
    expect(await answerOf('/', ['EVAL', source, 0, 'é'], headers)).toEqual([
      200,
      { result: [1, 'w6k=', ['ZGVlcA==', null]] },
    ]);
  });

  test('a script runs by its digest, and by its source when the server does not know it', async () => {
    const add = script(
      "redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('GET', KEYS[1]), false, 7, KEYS[1]}",
    );
    expect((await answerOf('/', ['EVALSHA', add.sha, 1, 's', '中']))[0]).toBe(400);
    for (let round = 0; round < 2; round += 1) {
      expect(await own.redis.run(add, ['s'], ['中'])).toEqual(['中', null, 7, 's']);
    }
    await client.scriptFlush();
    expect(await client.scriptExists(add.sha)).toEqual([0]);
    await expect(client.evalsha(add.sha, ['s'], ['x'])).rejects.toThrow('NOSCRIPT');
    expect(await client.scriptLoad(add.source)).toBe(add.sha);
    expect(await client.evalsha(add.sha, ['s'], ['x'])).toEqual(['x', null, 7, 's']);
    expect(await Promise.all([1, 2, 3].map((n) => own.redis.run(add, [`p${n}`], [n])))).toEqual(
      ['1', '2', '3'].map((n) => [n, null, 7, `p${n}`]),
    );
  });

  test('what Redis gives a script: conversions, errors, cjson, numbers', async () => {
    const run = (source: string, ...args: string[]) => client.eval(source, ['h'], args);
    expect(await run('return 3.99')).toBe(3);
    expect(await run('return true')).toBe(1);
    expect(await run('return false')).toBe(null);
    expect(await run('return {}')).toEqual([]);
    expect(await run("return redis.call('HSET', KEYS[1], 'f', 'v', 'n', 10 / 2)")).toBe(2);
    expect(await run("return redis.call('HMGET', KEYS[1], 'f', 'none', 'n')")).toEqual(['v', null, '5']);
    expect(await run("return type(redis.call('GET', 'nothing'))")).toBe('boolean');
    expect(await run("return redis.call('SET', 'l', '1', 'nx', 'px', 60000)")).toBe('OK');
    expect(await run("return redis.call('SET', 'l', '1', 'nx')")).toBe(null);
    expect(await run("return redis.call('PTTL', 'l') > 0")).toBe(1);
    expect(
      await run(
        'local d = cjson.decode(ARGV[1]) return {d.a[2], cjson.encode(d.a)}',
        '{"a":["x","中\\u4e2d"]}',
      ),
    ).toEqual(['中中', '["x","中中"]']);
    expect(await run("local r = redis.pcall('NOPE') return r.err ~= nil")).toBe(1);
    await expect(run("return redis.error_reply('BUSY later')")).rejects.toThrow('BUSY later');
    await expect(run('return {')).rejects.toThrow('compiling script');
    await expect(run("return redis.call('NOPE')")).rejects.toThrow('Unknown Redis command');
  });

  test("Upstash's own flag line is taken off", async () => {
    const source = '#!lua flags=allow-key-locking\nreturn ARGV[1]';
    expect(await client.eval(source, [], ['x'])).toBe('x');
    expect(await client.evalsha(await client.scriptLoad(source), [], ['y'])).toBe('y');
  });

  test('a pipeline answers each command, errors too, in order', async () => {
    expect(await answerOf('/pipeline', [['SET', 'p', '1'], ['INCR', 'p'], ['INCR'], ['GET', 'p']])).toEqual([
      200,
      [
        { result: 'OK' },
        { result: 2 },
        { error: expect.stringContaining('wrong number') as string },
        { result: '2' },
      ],
    ]);
    expect(await answerOf('/pipeline', [])).toEqual([200, []]);
  });

  test('commands sent together travel as one pipeline, and one that fails fails alone', async () => {
    const outcomes = await Promise.allSettled([
      client.set('q', 'a'),
      client.get('q'),
      client.evalsha('0'.repeat(40), [], []),
      client.get('q'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await Promise.all(Array.from({ length: 50 }, () => client.incr('together')))).toHaveLength(50);
    expect(await own.redis.get('together')).toBe('50');
  });

  test('multi-exec runs all or refuses all', async () => {
    expect(await client.multi().set('m', '1').incr('m').get('m').exec()).toEqual(['OK', 2, '2']);
    const [status] = await answerOf('/multi-exec', [['SET', 'm', '9'], ['SHUTDOWN']]);
    expect(status).toBe(400);
    expect(await own.redis.get('m')).toBe('2');
  });

  test('a command in the path, with a body and a query', async () => {
    const ask = async (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${own.token}` };
      return (await fetch(own.url + path, { ...init, headers })).json();
    };
    expect(await ask('/set/path%2Fkey/a%20b?PX=60000&NX')).toEqual({ result: 'OK' });
    expect(await ask('/get/path%2Fkey')).toEqual({ result: 'a b' });
    expect(await ask('/set/posted', { method: 'POST', body: '中' })).toEqual({ result: 'OK' });
    const anonymous = await fetch(`${own.url}/get/posted?_token=${own.token}`);
    expect(await anonymous.json()).toEqual({ result: '中' });
  });

  test.each(['', 'Bearer', 'Bearer ', 'Bearer wrong', 'Basic x'])(
    '401 without the token: %s',
    async (authorization) => {
      for (const path of ['/', '/pipeline', '/multi-exec', '/get/a']) {
        const [status, body] = await answerOf(path, ['GET', 'a'], { authorization });
        expect([status, Object.keys(body as object)]).toEqual([401, ['error']]);
      }
    },
  );

  test.each(['', 'no json', '{}', '[]', '"GET"', 'null'])('400 for what is no command: %s', async (body) => {
    const [status, answer] = await answerOf('/', body);
    expect([status, Object.keys(answer as object)]).toEqual([400, ['error']]);
  });

  test.each([
    ['SHUTDOWN'],
    ['config', 'GET', '*'],
    ['SUBSCRIBE', 'x'],
    ['BLPOP', 'x', '0'],
    ['XREAD', 'BLOCK', '0', 'STREAMS', 's', '0'],
    ['SELECT', '1'],
    ['NOSUCH', 'x'],
  ])('refused: %s', async (...command) => {
    expect((await answerOf('/', command))[0]).toBe(400);
    await own.redis.ping();
  });

  test('an error of lib/redis names the verb and no key, value or token', async () => {
    const failing = script("return redis.error_reply('ERR ' .. KEYS[1] .. ARGV[1])");
    const error: unknown = await own.redis
      .run(failing, ['secret-key'], ['secret-value'])
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('EVALSHA') });
    expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toContain('secret-');
  });

  test('S4 a Redis that is down, slow or empty is told from one that answers', async () => {
    const fragile = await openPrivateRedis({ engine, timeoutMs: 150 });
    await fragile.redis.set('k', 'v');
    fragile.pause(2_000);
    await expect(fragile.redis.get('k')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    fragile.resume();
    await fragile.stop();
    await expect(fragile.redis.get('k')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await fragile.restart();
    expect(await fragile.redis.get('k')).toBe('v');
    await fragile.empty();
    expect(await fragile.redis.get('k')).toBe(null);
    await fragile.close();
  });

  test('stored on one connection, read by another client', async () => {
    await own.redis.set('shared', 'x');
    expect(await connectRedis(own).get('shared')).toBe('x');
  });
});
