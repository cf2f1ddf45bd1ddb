import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isGatewayError } from '../../../lib/runtime/errors.ts';
import { connectRedis, script } from '../../../lib/vendors/redis/redis.ts';
import type { Redis } from '../../../lib/vendors/redis/redis.ts';
import { RestRequester } from '../../../lib/vendors/redis/rest-requester.ts';
import { openPrivateRedis } from '../../stores.ts';
import type { PrivateRedis } from '../../stores.ts';
import { sendJson, startPeer } from '../../peer.ts';
import type { Peer } from '../../peer.ts';

const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: unknown) => error,
  );

describe('Redis', () => {
  let own: PrivateRedis;
  let redis: Redis;
  beforeAll(async () => {
    own = await openPrivateRedis({ timeoutMs: 5_000 });
    ({ redis } = own);
  });
  afterAll(() => own.close());

  /** `pttl`, which the product never asks for. */
  const msLeft = (key: string) => redis.run<number>(script("return redis.call('PTTL', KEYS[1])"), [key], []);

  it('keeps strings as they are, numbers and JSON unread', async () => {
    for (const value of ['007', '1e3', 'null', 'true', '{"a":1}', '"quoted"', '']) {
      expect(await redis.set('value', value)).toBe(true);
      expect(await redis.get('value')).toBe(value);
      expect(await redis.mget(['value', 'nothing'])).toEqual([value, null]);
    }
  });

  it('writes for ever unless told how long', async () => {
    await redis.set('life', 'x', { px: 60_000 });
    expect(await msLeft('life')).toBeGreaterThan(50_000);
    await redis.set('life', 'y');
    expect(await msLeft('life')).toBe(-1);
  });

  it('writes where nothing is only when told so, and says whether it did', async () => {
    expect(await redis.set('once', '1', { nx: true })).toBe(true);
    expect(await redis.set('once', '2', { nx: true })).toBe(false);
    expect(await redis.get('once')).toBe('1');
    expect(await redis.set('once', '3', { nx: false })).toBe(true);
    expect(await redis.set('once', '4', {})).toBe(true);
    expect(await redis.get('once')).toBe('4');
  });

  it('deletes, and says how many there were', async () => {
    await Promise.all(['d1', 'd2'].map((key) => redis.set(key, 'x')));
    expect(await redis.del('d1', 'd2', 'd3')).toBe(2);
    expect(await redis.mget(['d1', 'd2'])).toEqual([null, null]);
  });

  it('gives a script its keys, and its arguments as text', async () => {
    const given = script('return {KEYS[1], KEYS[2], ARGV[1], type(ARGV[2]), ARGV[2], #ARGV}');
    expect(given.sha).toBe(createHash('sha1').update(given.source).digest('hex'));
    for (let round = 0; round < 2; round += 1) {
      expect(await redis.run(given, ['k', 'l'], ['a', 12])).toEqual(['k', 'l', 'a', 'string', '12', 2]);
    }
  });
});

describe('requests to Redis', () => {
  let peer: Peer;
  let redis: Redis;
  beforeEach(async () => {
    peer = await startPeer();
    answer(() => ({ result: 'OK' }));
    redis = connectRedis({ url: peer.url, token: 'a-token', timeoutMs: 5_000 });
  });
  afterEach(() => peer.stop());

  type Command = (string | number)[];

  /** What is asked for in one turn is a pipeline, a single command too. */
  function answer(each: (command: Command) => { result: unknown } | { error: string }): void {
    peer.answer(({ body }, response) => sendJson(response, piped(body)?.map(each) ?? each([])));
  }
  function piped(body: Buffer): Command[] | undefined {
    const sent = JSON.parse(body.toString()) as Command | Command[];
    return Array.isArray(sent[0]) ? (sent as Command[]) : undefined;
  }
  const commands = () => peer.seen.flatMap(({ body }) => piped(body)!);

  it('are posts of JSON with the token, and tell nobody of our runtime', async () => {
    await redis.ping();
    const { method, headers } = peer.seen[0]!;
    expect(method).toBe('POST');
    expect(headers).toMatchObject({ authorization: 'Bearer a-token', 'content-type': 'application/json' });
    expect(Object.keys(headers).filter((name) => name.includes('telemetry'))).toEqual([]);
  });

  it('go where the address says, a slash at its end or not', async () => {
    const behindPath = connectRedis({ url: `${peer.url}/redis/`, token: 'a-token' });
    await behindPath.get('k');
    await redis.get('k');
    expect(peer.seen.map(({ url }) => url)).toEqual(['/redis/pipeline', '/pipeline']);
  });

  it('show the replica that answers next what was written last', async () => {
    const tokens = ['one', 'two', ''];
    peer.answer((_, response) => {
      const token = tokens.shift();
      if (token) response.setHeader('upstash-sync-token', token);
      sendJson(response, [{ result: 'OK' }]);
    });
    for (let n = 0; n < 4; n += 1) await redis.get('k');
    expect(peer.seen.map(({ headers }) => headers['upstash-sync-token'])).toEqual(['', 'one', 'two', '']);
  });

  it('to write that are made in one turn travel as one, and one that Redis refuses fails alone', async () => {
    answer(([verb]) => (verb === 'SET' ? { result: 'OK' } : { error: 'ERR no' }));
    const [written, refused] = await Promise.all([redis.set('k', 'v'), refusalOf(redis.del('k'))]);
    expect(written).toBe(true);
    expect(refused).toMatchObject({ message: expect.stringContaining('DEL') as string });
    expect(peer.seen).toHaveLength(1);
  });

  it('name a script by its digest, and send it whole only where it is not known', async () => {
    const known = script('return 1');
    answer(() => ({ result: 1 }));
    await redis.run(known, ['k'], [7]);
    expect(commands()).toEqual([['EVALSHA', known.sha, 1, 'k', '7']]);

    peer.seen.length = 0;
    answer(([verb]) =>
      verb === 'EVALSHA' ? { error: 'NOSCRIPT No matching script.' } : { result: 'from its source' },
    );
    expect(await redis.run(known, ['k'], [7])).toBe('from its source');
    expect(commands()).toEqual([
      ['EVALSHA', known.sha, 1, 'k', '7'],
      ['EVAL', 'return 1', 1, 'k', '7'],
    ]);
  });

  it('send a script that was refused for another reason once', async () => {
    answer(() => ({ error: 'ERR user_script:1: wrong' }));
    await refusalOf(redis.run(script('return 1'), ['k'], []));
    expect(commands().map(([verb]) => verb)).toEqual(['EVALSHA']);
  });

  it('are made once more when the connection breaks, and not for ever', async () => {
    let broken = 1;
    peer.answer((_, response) =>
      broken-- > 0 ? void response.destroy() : sendJson(response, [{ result: 'kept' }]),
    );
    expect(await redis.get('k')).toBe('kept');
    expect(peer.seen).toHaveLength(2);

    peer.answer((_, response) => void response.destroy());
    await refusalOf(redis.get('k'));
    expect(peer.seen).toHaveLength(4);
  });

  it('are made once more when the answer was cut short', async () => {
    let cut = 1;
    peer.answer((_, response) => {
      if (cut-- <= 0) return sendJson(response, [{ result: 'whole' }]);
      response.writeHead(200, { 'content-length': '100' });
      response.write('[{"result":"who');
      setImmediate(() => response.destroy());
    });
    expect(await redis.get('k')).toBe('whole');
    expect(peer.seen).toHaveLength(2);
  });

  it('are not made again when Redis has refused them, or when their time is over', async () => {
    peer.answer((_, response) => sendJson(response, { error: 'ERR' }, 500));
    await refusalOf(redis.get('k'));
    expect(peer.seen).toHaveLength(1);
    peer.answer(() => undefined);
    await refusalOf(connectRedis({ url: peer.url, token: 't', timeoutMs: 50 }).get('k'));
    expect(peer.seen).toHaveLength(2);
  });

  it('that something before Redis refuses say which status it gave', async () => {
    peer.answer((_, response) => sendJson(response, {}, 502));
    const requester = new RestRequester({ url: peer.url, token: 't', timeoutMs: 5_000 });
    await expect(requester.request({ body: ['PING'] })).rejects.toMatchObject({ message: 'status 502' });
    peer.answer((_, response) => sendJson(response, { error: 'WRONGPASS' }, 401));
    await expect(requester.request({ body: ['PING'] })).rejects.toMatchObject({ message: 'WRONGPASS' });
    expect(peer.seen.map(({ url }) => url)).toEqual(['/', '/']);
  });

  it('pause before they are made once more', async () => {
    const at: number[] = [];
    peer.answer((_, response) => {
      at.push(performance.now());
      response.destroy();
    });
    await refusalOf(redis.get('k'));
    // Not a duration of ours: 50 ms are the least that a timer of 50 ms takes.
    expect(at[1]! - at[0]!).toBeGreaterThan(40);
  });

  it('end when their time is over, 1 s unless told otherwise', async () => {
    peer.answer(() => undefined);
    const brief = connectRedis({ url: peer.url, token: 't', timeoutMs: 50 });
    const usual = connectRedis({ url: peer.url, token: 't' });
    const first = await Promise.race([
      refusalOf(usual.get('k')).then(() => 'usual'),
      refusalOf(brief.get('k')).then(() => 'brief'),
    ]);
    expect(first).toBe('brief');
    expect(await refusalOf(usual.get('k'))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it.each([
    ['GET', () => redis.get('a-key')],
    ['MGET', () => redis.mget(['a-key'])],
    ['SET', () => redis.set('a-key', 'a-value')],
    ['DEL', () => redis.del('a-key')],
    ['EVALSHA', () => redis.run(script('return 1'), ['a-key'], ['a-value'])],
    ['PING', () => redis.ping()],
  ])('that fail say only that %s was not answered, and that it may be tried again', async (verb, ask) => {
    peer.answer((_, response) => sendJson(response, { error: 'ERR a-key a-value' }, 500));
    const refusal = await refusalOf(ask());
    expect(isGatewayError(refusal)).toBe(true);
    expect(refusal).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: `Redis did not answer ${verb} (RedisRefused).`,
      retryable: true,
      retryAfterSeconds: 1,
    });
    expect(`${String(refusal)}${JSON.stringify(refusal)}${String((refusal as Error).cause)}`).not.toMatch(
      /a-key|a-value|a-token/,
    );
  });
});
