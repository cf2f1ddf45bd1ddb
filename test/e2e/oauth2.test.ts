/** `OAUTH2` through the whole product: an API, and a token endpoint on another host. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { countRoundTrips } from '../round-trips.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let endpoint: Peer;
let count = 0;
/** What the API takes just now. */
let valid: Set<string>;

withPeer((both) => ({ gatehouse, peer } = both));
beforeAll(async () => void (endpoint = await startPeer()));
afterAll(() => endpoint.stop());
beforeEach(() => {
  valid = new Set();
  endpoint.seen.length = 0;
  endpoint.answer((_request, response) => {
    const token = `access-token-${endpoint.seen.length}`;
    valid.add(token);
    sendJson(response, { access_token: token, token_type: 'Bearer', expires_in: 3_600 });
  });
  peer.answer(({ headers }, response) => {
    const known = valid.has(headers.authorization?.replace('Bearer ', '') ?? '');
    sendJson(response, known ? { ok: true } : { error: 'invalid_token' }, known ? 200 : 401);
  });
});

async function register(auth: object = {}, parts: object = {}): Promise<string> {
  const code = `OAUTH_${(count += 1)}`;
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      allowedPaths: ['/*'],
      operations: {
        get: { method: 'GET', path: '/things' },
        post: { method: 'POST', path: '/things', body: 'json' },
      },
      auth: { type: 'OAUTH2', tokenUrl: `${endpoint.url}/token?tenant=1`, ...auth },
      ...parts,
    },
    { clientId: 'app', clientSecret: 'client-secret' },
  );
  return code;
}

describe('OAUTH2', () => {
  it('fetches one token for operations and the raw proxy alike, and says how the call came by it', async () => {
    const code = await register();
    const calls = [
      await gatehouse.call(code, 'post', { a: 1 }),
      ...(await Promise.all(Array.from({ length: 20 }, () => gatehouse.call(code, 'get')))),
      await gatehouse.ask('DELETE', `/v1/services/${code}/proxy/things/1`),
    ];
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([200]));
    expect(endpoint.seen.map(({ url }) => url)).toEqual(['/token?tenant=1']);
    expect(calls.map(({ headers }) => headers.get('x-gatehouse-session')).slice(0, 2)).toEqual([
      'login',
      'reused',
    ]);
  });

  it('renews a token that the API refuses, and sends a write again: it was refused the first time', async () => {
    const code = await register();
    await gatehouse.call(code, 'get');
    valid.clear();
    const posted = await gatehouse.call(code, 'post', { a: 1 });
    expect([posted.status, posted.headers.get('x-gatehouse-session')]).toEqual([200, 'renewed']);
    expect([endpoint.seen.length, peer.seen.length]).toEqual([2, 3]);
  });

  it('counts what is refused after its renewal: three calls, then a pause', async () => {
    peer.answer((_request, response) => sendJson(response, {}, 401));
    const code = await register();
    for (let i = 0; i < 50; i += 1) {
      const answer = await gatehouse.call(code, 'get');
      expect([answer.status, answer.at('code')]).toEqual([502, 'AUTHENTICATION_FAILED']);
    }
    // One renewal: the ones after it would have been in vain.
    expect([endpoint.seen.length, peer.seen.length]).toEqual([2, 4]);
  });

  it('counts refusals of the token endpoint, and raises the alert', async () => {
    endpoint.answer((_request, response) => sendJson(response, { error: 'invalid_client' }, 401));
    const code = await register({}, { breaker: { failures: 50 } });
    for (let i = 0; i < 50; i += 1) {
      const answer = await gatehouse.call(code, 'get');
      expect([answer.status, answer.at('code')]).toEqual([502, 'AUTHENTICATION_FAILED']);
    }
    expect([endpoint.seen.length, peer.seen.length]).toEqual([3, 0]);
    const { json } = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
    expect((json as { items: object[] }).items).toContainEqual(
      expect.objectContaining({ kind: 'CREDENTIALS_REFUSED', subject: code }),
    );
    expect((await gatehouse.ask('POST', `/v1/admin/services/${code}/session/unlock`)).status).toBe(204);
    await gatehouse.call(code, 'get');
    expect(endpoint.seen).toHaveLength(4);
  });

  it('a token endpoint that is down is PLATFORM_UNAVAILABLE', async () => {
    endpoint.answer((_request, response) => sendJson(response, {}, 503));
    const answer = await gatehouse.call(await register(), 'post');
    expect([answer.status, answer.at('code'), peer.seen.length]).toEqual([503, 'PLATFORM_UNAVAILABLE', 0]);
  });

  it('a warm call costs what any call costs', async () => {
    const quotas = [{ type: 'PER_MINUTE', limit: 100 }];
    const code = await register({}, { quotas, breaker: {} });
    const call = () => gatehouse.call(code, 'get');
    await call();
    await call();
    expect(await countRoundTrips(call)).toEqual({ redis: 1, dynamodb: 1, secretsManager: 0 });
  });

  it.each([
    'http://tokens.example.com/t',
    'https://10.0.0.1/t',
    'https://u:p@tokens.example.com/t',
    'https://tokens.example.com/t#f',
  ])('a tokenUrl obeys the rules of baseUrl: %s', async (tokenUrl) => {
    const definition = {
      code: 'OAUTH_BAD',
      name: 'x',
      baseUrl: peer.url,
      auth: { type: 'OAUTH2', tokenUrl },
    };
    const refused = await gatehouse.ask('PUT', '/v1/admin/services/OAUTH_BAD', { body: definition });
    expect([refused.status, refused.at('errors.0.field')]).toEqual([422, 'auth.tokenUrl']);
  });
});
