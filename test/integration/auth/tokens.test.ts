/** `OAUTH2`: one token for the fleet, on a real Redis and a real token endpoint. */
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LiveToken, Tokens } from '../../../lib/auth/tokens/tokens.ts';
import type { OAuth2Service } from '../../../lib/auth/tokens/definition.ts';
import type { Redis } from '../../../lib/vendors/redis/redis.ts';
import { sendJson } from '../../peer.ts';
import { openPrivateRedis, openStores } from '../../stores.ts';
import type { PrivateRedis, TestStores } from '../../stores.ts';
import { oauthService, SECRETS, startTokenEndpoint, tokenScene } from './token-scene.ts';
import type { TokenEndpoint } from './token-scene.ts';

let stores: TestStores;
let endpoint: TokenEndpoint;
let scene: ReturnType<typeof tokenScene>;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());
beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  scene = tokenScene(stores.redis);
});
afterEach(async () => {
  await scene.close();
  await endpoint.stop();
});

const get = async (tokens: Tokens, service: OAuth2Service) =>
  (await tokens.acquire(service, scene.soon())).token;
const tokenOf = async (tokens: Tokens, service: OAuth2Service) => (await get(tokens, service)).accessToken;
const renew = async (tokens: Tokens, service: OAuth2Service, rejected: LiveToken) =>
  (await tokens.renew(service, rejected, { ...scene.soon(), operation: 'op' }))?.token.accessToken;
const codeOf = (error: unknown) => (error as { code: string }).code;

describe('what the token endpoint is asked', () => {
  it.each([
    ['basic', { authorization: `Basic ${Buffer.from('app+one:s3cret%2F%2B%3A%26').toString('base64')}` }, {}],
    ['post', {}, { client_id: SECRETS.clientId, client_secret: SECRETS.clientSecret }],
  ] as const)('names the client as RFC 6749 2.3.1 says: %s', async (clientAuth, headers, fields) => {
    const service = oauthService(endpoint.url, { clientAuth, scope: 'a b', audience: 'https://api' });
    await get(scene.process(), service);
    const [seen] = endpoint.peer.seen;
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/token',
      headers: { accept: 'application/json', ...headers },
    });
    expect(seen!.headers['authorization'] === undefined).toBe(clientAuth === 'post');
    expect(Object.fromEntries(new URLSearchParams(seen!.body.toString()))).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      audience: 'https://api',
      ...fields,
    });
  });

  it('a password, and after it the refresh token that came with its token; refused, the password again', async () => {
    const service = oauthService(endpoint.url, { grant: 'password' });
    const tokens = scene.process();
    const first = await get(tokens, service);
    expect(await renew(tokens, service, first)).toBe('token-2');
    expect(Object.fromEntries(new URLSearchParams(endpoint.peer.seen[0]!.body.toString()))).toMatchObject({
      username: 'shopkeeper',
      password: 'p4ssword',
    });
    endpoint.refreshTokens.clear();
    expect(await renew(tokens, service, await get(tokens, service))).toBe('token-3');
    expect(endpoint.grants).toEqual(['password', 'refresh_token', 'refresh_token', 'password']);
  });
});

describe('one token for the fleet', () => {
  it('50 callers in each of two processes cost one request', async () => {
    endpoint.delay = 150;
    const service = oauthService(endpoint.url);
    const [one, two] = [scene.process(), scene.process()];
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => tokenOf(i % 2 ? one : two, service)));
    expect(new Set(all)).toEqual(new Set(['token-1']));
    expect(endpoint.issued).toBe(1);
    expect(await tokenOf(scene.process(), service)).toBe('token-1');
    expect(endpoint.issued).toBe(1);
  });

  it('a warm call asks Redis for nothing, and the token is not readable there', async () => {
    const asked: string[] = [];
    const counted = Object.fromEntries(
      Object.entries(stores.redis).map(([name, method]: [string, (...args: unknown[]) => unknown]) => [
        name,
        (...args: unknown[]) => (asked.push(name), method(...args)),
      ]),
    ) as unknown as Redis;
    const service = oauthService(endpoint.url);
    const tokens = scene.process({ redis: counted });
    await get(tokens, service);
    asked.length = 0;
    for (let i = 0; i < 5; i += 1) await get(tokens, service);
    expect(asked).toEqual([]);
    const stored = await stores.redis.get(`gatehouse:tokens:${service.definition.code}:session:main`);
    expect(stored).toMatch(/^\{"v":1,"kid"/);
    expect(stored).not.toContain('token-1');
  });

  it('is renewed a tenth of its life before its end, 30 s at most, by one; the others use the old one meanwhile', async () => {
    endpoint.expiresIn = 100;
    const service = oauthService(endpoint.url);
    const [one, two] = [scene.process(), scene.process()];
    await Promise.all([get(one, service), get(two, service)]);
    scene.clock.shift(88_000);
    expect(await tokenOf(one, service)).toBe('token-1');
    scene.clock.shift(3_000);
    endpoint.delay = 200;
    const renewing = tokenOf(one, service);
    await expect.poll(() => endpoint.grants.length).toBe(2);
    expect(await Promise.all([tokenOf(one, service), tokenOf(two, service)])).toEqual(['token-1', 'token-1']);
    expect(await renewing).toBe('token-2');
    scene.clock.shift(1_500);
    expect(await tokenOf(two, service)).toBe('token-2');
    expect(endpoint.issued).toBe(2);
  });

  it('of an hour begins 30 s before the end; ended, it is used no more', async () => {
    const service = oauthService(endpoint.url);
    const tokens = scene.process();
    await get(tokens, service);
    scene.clock.shift(3_600_000 - 31_000);
    expect(await tokenOf(tokens, service)).toBe('token-1');
    scene.clock.shift(2_000);
    expect(await tokenOf(tokens, service)).toBe('token-2');
    endpoint.instead = (_request, response) => sendJson(response, {}, 503);
    scene.clock.shift(3_599_000);
    // The endpoint is down, the token lives one more second.
    expect(await tokenOf(tokens, service)).toBe('token-2');
    scene.clock.shift(1_500);
    await expect(get(tokens, service)).rejects.toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      mayHaveHadEffect: false,
    });
  });

  it('a refused one is renewed once, whoever meets the refusal', async () => {
    const service = oauthService(endpoint.url);
    const [one, two] = [scene.process(), scene.process()];
    const [held, alsoHeld] = [await get(one, service), await get(two, service)];
    endpoint.delay = 100;
    const renewed = await Promise.all(
      Array.from({ length: 40 }, (_, i) => renew(i % 2 ? one : two, service, i % 2 ? held : alsoHeld)),
    );
    expect(new Set(renewed)).toEqual(new Set(['token-2']));
    expect(endpoint.issued).toBe(2);
  });

  it('new tokens in vain are fetched for that operation no more for a while; others go on', async () => {
    const service = oauthService(endpoint.url);
    const tokens = scene.process();
    const first = await get(tokens, service);
    await renew(tokens, service, first);
    await tokens.renewedInVain(service, 'op');
    expect(await renew(tokens, service, await get(tokens, service))).toBeUndefined();
    expect(
      await tokens.renew(service, await get(tokens, service), { ...scene.soon(), operation: 'other' }),
    ).toMatchObject({
      token: { accessToken: 'token-3' },
    });
  });

  it('a changed definition, or other credentials, get a token of their own, once', async () => {
    const service = oauthService(endpoint.url);
    const [one, two] = [scene.process(), scene.process()];
    await Promise.all([get(one, service), get(two, service)]);
    const changed = { ...service, revision: 2 };
    expect([await tokenOf(one, changed), await tokenOf(two, service), await tokenOf(two, changed)]).toEqual([
      'token-2',
      'token-1',
      'token-2',
    ]);
    scene.credentials.version = 'v2';
    expect(await tokenOf(one, changed)).toBe('token-2');
    one.credentials.forget('its cache has ended');
    expect(await tokenOf(one, changed)).toBe('token-3');
    // Knows the old version still: it takes the new token, and does not renew in turns with the others.
    const behind = scene.process();
    scene.credentials.version = 'v1';
    await behind.credentials.current('');
    scene.credentials.version = 'v2';
    expect([await tokenOf(behind, changed), await tokenOf(one, changed)]).toEqual(['token-3', 'token-3']);
  });

  it('a holder that froze past its lease overwrites nothing, and takes what another one has stored', async () => {
    const service = oauthService(endpoint.url);
    const [frozen, other] = [scene.process(), scene.process()];
    endpoint.delay = 300;
    const late = get(frozen, service);
    await expect.poll(() => endpoint.grants.length).toBe(1);
    // Its lease is over: in Redis the lock is gone.
    await stores.redis.del(`gatehouse:tokens:${service.definition.code}:session:lock`);
    endpoint.delay = 0;
    const taken = await get(other, service);
    expect((await late).accessToken).toBe(taken.accessToken);
    expect(await tokenOf(scene.process(), service)).toBe(taken.accessToken);
    expect(endpoint.grants).toHaveLength(2);
  });
});

describe('refresh tokens are rotated without loss', () => {
  const chain = { grant: 'refresh_token' as const };

  it('through many renewals in several processes, each is used once', async () => {
    const service = oauthService(endpoint.url, chain);
    const processes = [scene.process(), scene.process(), scene.process()];
    for (let i = 0; i < 12; i += 1) {
      const tokens = processes[i % 3]!;
      const held = await get(tokens, service);
      await Promise.all(processes.map((each) => renew(each, service, held)));
    }
    expect([endpoint.issued, endpoint.thefts]).toEqual([13, 0]);
  });

  it('long after its access token has ended, and by a process that knew nothing', async () => {
    const service = oauthService(endpoint.url, chain);
    await get(scene.process(), service);
    scene.clock.shift(20 * 86_400_000);
    expect(await tokenOf(scene.process(), service)).toBe('token-2');
    expect(endpoint.thefts).toBe(0);
  });

  it('one that is not answered with another stays', async () => {
    endpoint.rotates = false;
    const service = oauthService(endpoint.url, chain);
    const tokens = scene.process();
    const first = await get(tokens, service);
    expect(await renew(tokens, service, first)).toBe('token-2');
    expect(
      endpoint.peer.seen.map(({ body }) => new URLSearchParams(body.toString()).get('refresh_token')),
    ).toEqual(['r0', 'r0']);
  });

  it('a new one from a person begins another chain', async () => {
    const service = oauthService(endpoint.url, chain);
    await get(scene.process(), service);
    endpoint.refreshTokens = new Set(['from-a-person']);
    Object.assign(scene.credentials, {
      version: 'v2',
      values: { ...SECRETS, refreshToken: 'from-a-person' },
    });
    const tokens = scene.process();
    const next = await get(tokens, service);
    expect(next.accessToken).toBe('token-2');
    expect(await renew(tokens, service, next)).toBe('token-3');
    expect(endpoint.thefts).toBe(0);
  });

  it('is not begun with too little time to hear the answer', async () => {
    const service = oauthService(endpoint.url, chain);
    const hurried = { deadline: { at: scene.clock.now() + 3_000 } };
    await expect(scene.process().acquire(service, hurried)).rejects.toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
    });
    expect(endpoint.grants).toEqual([]);
  });

  describe('while Redis is away', () => {
    let own: PrivateRedis;
    beforeEach(async () => void (own = await openPrivateRedis({ timeoutMs: 300 })));
    afterEach(() => own.close());

    /** Redis goes away between the answer that brings `r1` and the moment it is stored. */
    const losingRedis = async (_request: unknown, response: ServerResponse) => {
      await own.stop();
      endpoint.refreshTokens = new Set(['r1']);
      endpoint.used.add('r0');
      sendJson(response, { access_token: 'token-of-r1', refresh_token: 'r1', expires_in: 3_600 });
    };

    it('the one that came just then is kept, and not used before it is stored', async () => {
      const service = oauthService(endpoint.url, chain);
      const tokens = scene.process({ redis: own.redis });
      endpoint.instead = losingRedis;
      expect(await tokenOf(tokens, service)).toBe('token-of-r1');
      endpoint.instead = undefined;
      expect(await tokenOf(tokens, service)).toBe('token-of-r1');
      scene.clock.shift(3_601_000);
      expect(await get(tokens, service).catch(codeOf)).toBe('LOGIN_IN_PROGRESS');
      expect(endpoint.grants).toHaveLength(1);
    });

    it('the same is stored as soon as Redis is back, and serves everybody', async () => {
      const service = oauthService(endpoint.url, chain);
      const tokens = scene.process({ redis: own.redis });
      endpoint.instead = losingRedis;
      await get(tokens, service);
      endpoint.instead = undefined;
      await own.restart();
      scene.clock.shift(6_000);
      await get(tokens, service);
      const other = scene.process({ redis: own.redis });
      expect(await tokenOf(other, service)).toBe('token-of-r1');
      expect(endpoint.grants).toHaveLength(1);
      expect(await renew(other, service, await get(other, service))).toBe('token-1');
      expect(endpoint.thefts).toBe(0);
    });

    it('a process keeps its own token; one without gets itself one, now and then', async () => {
      const service = oauthService(endpoint.url);
      const [one, two] = [scene.process({ redis: own.redis }), scene.process({ redis: own.redis })];
      await get(one, service);
      await own.stop();
      expect(await tokenOf(one, service)).toBe('token-1');
      expect([await tokenOf(two, service), await tokenOf(two, service)]).toEqual(['token-2', 'token-2']);
      const held = await get(two, service);
      await expect(renew(two, service, held)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(endpoint.issued).toBe(2);
    });
  });
});

describe('a token endpoint that says no', () => {
  const refusing = (error: string, status: number) => {
    endpoint.instead = (_request, response) => sendJson(response, { error }, status);
  };

  it.each([
    ['invalid_client', 401],
    ['invalid_grant', 400],
    ['incorrect_client_credentials', 200],
  ])('%s (%i): three requests, then a pause that processes share, and an alert', async (said, status) => {
    refusing(said, status);
    const service = oauthService(endpoint.url);
    const processes = [scene.process(), scene.process()];
    for (let i = 0; i < 10; i += 1) {
      await expect(get(processes[i % 2]!, service)).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    }
    const cold = Array.from({ length: 20 }, () => get(scene.process(), service).catch(codeOf));
    expect(new Set(await Promise.all(cold))).toEqual(new Set(['AUTHENTICATION_FAILED']));
    expect(endpoint.grants).toHaveLength(3);
    expect(scene.alerts.raised.map(({ kind }) => kind)).toEqual(['CREDENTIALS_REFUSED']);
    endpoint.instead = undefined;
    scene.credentials.version = 'v2';
    // While they are paused, credentials are read again every 5 s.
    scene.clock.shift(5_000);
    expect(await tokenOf(processes[0]!, service)).toBe('token-1');
  });

  it('counts for itself: an API that takes the old token meanwhile proves nothing, and the old token serves on', async () => {
    const service = oauthService(endpoint.url);
    const processes = Array.from({ length: 6 }, () => scene.process());
    for (const tokens of processes) await get(tokens, service);
    refusing('invalid_client', 401);
    scene.clock.shift(3_580_000);
    for (let i = 0; i < 30; i += 1) {
      const tokens = processes[i % 6]!;
      expect(await tokenOf(tokens, service)).toBe('token-1');
      await tokens.refusals.accepted(service.definition.code);
      scene.clock.shift(500);
    }
    expect(endpoint.grants).toHaveLength(1 + 3);
    expect(scene.alerts.raised.map(({ kind }) => kind)).toEqual(['CREDENTIALS_REFUSED']);
    endpoint.instead = undefined;
    await processes[0]!.refusals.unlock(service.definition.code);
    scene.clock.shift(10_000);
    expect(await tokenOf(processes[1]!, service)).toBe('token-2');
  });

  it('50 at once share one refusal', async () => {
    endpoint.delay = 150;
    refusing('invalid_client', 401);
    const service = oauthService(endpoint.url);
    const [one, two] = [scene.process(), scene.process()];
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) => get(i % 2 ? one : two, service).catch(codeOf)),
    );
    expect(new Set(all)).toEqual(new Set(['AUTHENTICATION_FAILED']));
    expect(endpoint.grants).toHaveLength(1);
  });

  it.each<[string, number, object, string]>([
    ['an outage', 503, {}, 'PLATFORM_UNAVAILABLE'],
    ['an outage by name', 400, { error: 'temporarily_unavailable' }, 'PLATFORM_UNAVAILABLE'],
    ['no token', 200, {}, 'PLATFORM_UNAVAILABLE'],
    ['a token that no header can carry', 200, { access_token: 'a\nb' }, 'PLATFORM_UNAVAILABLE'],
    ['too many', 429, {}, 'PLATFORM_BUSY'],
    ['a request that it does not accept', 400, { error: 'invalid_scope' }, 'CONFIGURATION_ERROR'],
    ['a place where it is not', 404, {}, 'CONFIGURATION_ERROR'],
    ['another place', 302, {}, 'CONFIGURATION_ERROR'],
    ['a bound token', 200, { access_token: 'a', token_type: 'DPoP' }, 'CONFIGURATION_ERROR'],
  ])('%s is no refusal', async (_name, status, body, code) => {
    endpoint.instead = (_request, response) => sendJson(response, body, status);
    const service = oauthService(endpoint.url, { lockout: { failures: 1, seconds: 600 } });
    const tokens = scene.process();
    await expect(get(tokens, service)).rejects.toMatchObject({ code, mayHaveHadEffect: false });
    endpoint.instead = undefined;
    expect(await tokenOf(tokens, service)).toBe('token-1');
  });

  it('nobody answers: PLATFORM_UNAVAILABLE, and later the next one is tried', async () => {
    const service = oauthService('http://127.0.0.1:9');
    const tokens = scene.process();
    await expect(get(tokens, service)).rejects.toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      mayHaveHadEffect: false,
    });
    await expect(get(tokens, service)).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    await expect(get(tokens, service)).rejects.toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      message: expect.stringContaining('may start in'),
    });
  });

  it('an answer that was lost with its refresh token: said, counted, and mended by a person', async () => {
    endpoint.losesAnswer = true;
    const service = oauthService(endpoint.url, { grant: 'refresh_token' });
    const tokens = scene.process();
    expect(await get(tokens, service).catch(codeOf)).toBe('PLATFORM_UNAVAILABLE');
    expect(await get(tokens, service).catch(codeOf)).toBe('AUTHENTICATION_FAILED');
    endpoint.refreshTokens.add('r-new');
    Object.assign(scene.credentials, { version: 'v2', values: { ...SECRETS, refreshToken: 'r-new' } });
    expect(await tokenOf(tokens, service)).toBe('token-2');
  });
});
