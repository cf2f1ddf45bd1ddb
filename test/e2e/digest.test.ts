/** `DIGEST` through the whole product, against a server that checks as RFC 7616 says. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer, PeerHandler } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const USER = { username: 'shopkeeper', password: 'right-password' };

/** Takes each use of a nonce once. `acted`: requests that it did something for. */
function digestServer({ nextNonces = false, saysStale = true } = {}) {
  const server = { nonces: new Map<string, number>(), acted: [] as string[], authorized: 0, issued: 0 };
  const issue = () => {
    const nonce = `n${(server.issued += 1)}`;
    server.nonces.set(nonce, 0);
    return nonce;
  };
  const handler: PeerHandler = (request, response) => {
    const { method, url, headers, body } = request;
    const challenge = (stale = false) => {
      response.setHeader('www-authenticate', [
        'Basic realm="ops"',
        `Digest realm="ops", qop="auth,auth-int", algorithm=MD5, nonce="${issue()}", opaque="o"${stale && saysStale ? ', stale=true' : ''}`,
      ]);
      sendJson(response, { error: 'who are you?' }, 401);
    };
    const sent = headers.authorization;
    if (sent === undefined) return challenge();
    server.authorized += 1;
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]*)`).exec(sent)?.[1] ?? '';
    const [nonce, nc] = [field('nonce'), field('nc')];
    const expected = md5(
      [
        md5(`${USER.username}:ops:${USER.password}`),
        nonce,
        nc,
        field('cnonce'),
        'auth',
        md5(`${method}:${url}`),
      ].join(':'),
    );
    if (field('response') !== expected || field('uri') !== url) return challenge();
    const uses = server.nonces.get(nonce);
    if (uses === undefined || Number.parseInt(nc, 16) <= uses) return challenge(true);
    server.nonces.set(nonce, Number.parseInt(nc, 16));
    server.acted.push(`${method} ${url} ${body.toString()}`);
    if (nextNonces) response.setHeader('authentication-info', `nextnonce="${issue()}", qop=auth`);
    sendJson(response, { ok: true });
  };
  return { server, handler };
}

async function register(parts: object = {}, credentials = USER): Promise<string> {
  const code = `DIGEST_${(count += 1)}`;
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      allowedPaths: ['/*'],
      operations: {
        get: { method: 'GET', path: '/things', query: { q: '{{params.q?}}' } },
        post: { method: 'POST', path: '/things', body: 'json' },
      },
      auth: { type: 'DIGEST' },
      ...parts,
    },
    credentials,
  );
  return code;
}

describe('DIGEST', () => {
  it('meets the challenge of the first call, and uses its nonce for those after it', async () => {
    const { server, handler } = digestServer();
    peer.answer(handler);
    const code = await register();
    expect((await gatehouse.call(code, 'post', { a: 1 })).status).toBe(200);
    expect((await gatehouse.call(code, 'get', { q: '张 three' })).status).toBe(200);
    const raw = await gatehouse.ask('PUT', `/v1/services/${code}/proxy/raw/a%2Bb?x=1&y=%20`, {
      body: 'bytes',
    });
    expect(raw.status).toBe(200);
    expect([peer.seen.length, server.issued]).toEqual([4, 1]);
    // A write is asked for twice, and done once: the challenge says that nothing was done.
    expect(server.acted).toEqual([
      'POST /things {"a":1}',
      'GET /things?q=%E5%BC%A0%20three ',
      'PUT /raw/a+b?x=1&y=%20 bytes',
    ]);
    const { json } = await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`);
    expect((json as { items: { status: number }[] }).items.map(({ status }) => status)).toEqual([
      200, 200, 200,
    ]);
  });

  it.each([true, false])(
    'a nonce that the server has forgotten is no refusal; stale is said: %s',
    async (saysStale) => {
      const { server, handler } = digestServer({ saysStale });
      peer.answer(handler);
      const code = await register({ auth: { type: 'DIGEST', lockout: { failures: 1, seconds: 600 } } });
      for (let i = 0; i < 4; i += 1) {
        expect((await gatehouse.call(code, 'post')).status).toBe(200);
        server.nonces.clear();
      }
      expect([peer.seen.length, server.acted.length]).toEqual([8, 4]);
    },
  );

  it('takes the nonce that an answer names next', async () => {
    const { server, handler } = digestServer({ nextNonces: true });
    peer.answer(handler);
    const code = await register();
    for (let i = 0; i < 3; i += 1) expect((await gatehouse.call(code, 'get')).status).toBe(200);
    const used = peer.seen.map(({ headers }) =>
      /nonce="(n\d)", nc=(\d+)/.exec(headers.authorization ?? '')?.slice(1),
    );
    expect(used).toEqual([undefined, ['n1', '00000001'], ['n2', '00000001'], ['n3', '00000001']]);
    expect(server.acted).toHaveLength(3);
  });

  it('30 at once: every call is done once', async () => {
    const { server, handler } = digestServer();
    peer.answer(handler);
    const code = await register();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => gatehouse.call(code, 'post', { i })),
    );
    const done = answers.filter(({ status }) => status === 200).length;
    expect(server.acted).toHaveLength(done);
    expect(new Set(server.acted).size).toBe(done);
    expect(
      answers
        .map((answer) => answer.at('code') ?? 'ok')
        .every((code_) => /ok|SESSION_EXPIRED/.test(code_ as string)),
    ).toBe(true);
  });

  it('a wrong password goes out three times in 50 calls, however often a challenge comes', async () => {
    const { server, handler } = digestServer();
    peer.answer(handler);
    const code = await register({}, { ...USER, password: 'wrong' });
    const outcomes = new Set<string>();
    for (let i = 0; i < 50; i += 1) {
      const answer = await gatehouse.call(code, 'get');
      outcomes.add(`${answer.status} ${answer.at<string>('code')}`);
    }
    expect([...outcomes]).toEqual(['502 AUTHENTICATION_FAILED']);
    expect(server.authorized).toBe(3);
    const { json } = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
    expect((json as { items: object[] }).items).toContainEqual(
      expect.objectContaining({ kind: 'CREDENTIALS_REFUSED', subject: code }),
    );
    await gatehouse.ask('PUT', `/v1/admin/services/${code}/credentials`, { body: USER });
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
  });

  it('a server whose every nonce is stale refuses no password', async () => {
    peer.answer((_request, response) => {
      response.setHeader('www-authenticate', 'Digest realm="x", nonce="1", qop="auth", stale=true');
      sendJson(response, {}, 401);
    });
    const code = await register({ auth: { type: 'DIGEST', lockout: { failures: 1, seconds: 600 } } });
    for (let i = 0; i < 3; i += 1) {
      const answer = await gatehouse.call(code, 'get');
      expect([answer.status, answer.at('code')]).toEqual([502, 'SESSION_EXPIRED']);
    }
    expect(peer.seen).toHaveLength(6);
  });

  it('gives back neither the password nor what proves it', async () => {
    const { handler } = digestServer();
    peer.answer((request, response) =>
      request.headers.authorization === undefined
        ? handler(request, response)
        : sendJson(response, { debug: request.headers.authorization, end: 'the end' }, 400),
    );
    const code = await register();
    const proof = () => /response="(\w{32})"/.exec(peer.seen.at(-1)!.headers.authorization!)![1]!;
    for (const { text } of [
      await gatehouse.call(code, 'get'),
      await gatehouse.ask('GET', `/v1/services/${code}/proxy/x`),
      await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`),
    ]) {
      expect(text).toContain('the end');
      expect(text).not.toContain(proof());
    }
  });
});
