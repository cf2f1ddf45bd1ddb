/** `SIGNED_REQUEST` through the whole product, against a partner that verifies what arrives on the wire. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer, Seen } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const SECRET = 'partner-secret-2026';
const md5 = (text: string) => createHash('md5').update(text).digest('hex').toUpperCase();

/** As most Chinese partners verify: all parameters but `sign`, sorted, unencoded. */
function isSigned({ url, headers, body }: Seen): boolean {
  const query = Object.fromEntries(new URLSearchParams(url.split('?')[1] ?? ''));
  const isJson = headers['content-type'] === 'application/json';
  const fields = isJson
    ? (JSON.parse(body.toString()) as Record<string, unknown>)
    : Object.fromEntries(new URLSearchParams(body.toString()));
  const { sign, ...all } = { ...query, ...fields };
  const text = Object.keys(all)
    .sort()
    .filter((name) => all[name] !== '')
    .map((name) => `${name}=${String(all[name])}`)
    .join('&');
  return 'timestamp' in all && sign === md5(`${text}&key=${SECRET}`);
}

async function register(auth: object): Promise<string> {
  const code = `SIGNED_${(count += 1)}`;
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: `${peer.url}/api`,
      allowedPaths: ['/*'],
      retry: { serverError: { attempts: 1, delaysSeconds: [0] } },
      operations: {
        get: { method: 'GET', path: '/orders/{{params.id}}' },
        json: { method: 'POST', path: '/orders', body: 'json' },
        form: { method: 'POST', path: '/orders?v=2', body: 'form' },
      },
      auth: { type: 'SIGNED_REQUEST', ...auth },
    },
    { appId: 'shop', secret: SECRET },
  );
  return code;
}

const inFields = {
  algorithm: 'md5',
  encoding: 'HEX',
  message: '{{request.sortedParams}}&key={{credentials.secret}}',
  fields: {
    app_id: '{{credentials.appId}}',
    timestamp: '{{now.s}}',
    nonce: '{{random.hex32}}',
    sign: '{{signature}}',
  },
};

describe('SIGNED_REQUEST', () => {
  it('signs operations of every kind as the partner verifies them', async () => {
    peer.answer((request, response) => sendJson(response, {}, isSigned(request) ? 200 : 401));
    const code = await register(inFields);
    const params = { name: '张三 & co', amount: 12.5, note: '' };
    for (const answer of [
      await gatehouse.call(code, 'get', { id: 'a b', ...params }),
      await gatehouse.call(code, 'json', params),
      await gatehouse.call(code, 'form', params),
      await gatehouse.ask('GET', `/v1/services/${code}/proxy/orders?b=%E5%BC%A0&a=1&sign=forged`),
    ]) {
      expect(answer.status).toBe(200);
    }
    const raw = await gatehouse.ask('POST', `/v1/services/${code}/proxy/orders`, { body: 'a=1' });
    expect([raw.status, raw.at('code')]).toEqual([403, 'PATH_NOT_ALLOWED']);
  });

  it('signs each try anew, in headers, and lets no caller put its own there', async () => {
    const code = await register({
      algorithm: 'hmac-sha256',
      key: '{{credentials.secret}}',
      encoding: 'base64',
      message: '{{request.method}}{{request.path}}{{request.body}}{{random.uuid}}',
      headers: { 'X-Nonce': '{{random.uuid}}', 'X-Sign': '{{signature}}' },
    });
    peer.answer((_request, response) => sendJson(response, {}, peer.seen.length === 1 ? 503 : 200));
    expect((await gatehouse.call(code, 'get', { id: '1' })).status).toBe(200);
    const nonces = peer.seen.map(({ headers }) => headers['x-nonce']);
    expect(new Set([...nonces, undefined]).size).toBe(3);
    const headers = { 'x-sign': 'forged', X_Sign: 'forged' };
    expect(
      (await gatehouse.ask('POST', `/v1/services/${code}/proxy/x`, { body: 'bytes', headers })).status,
    ).toBe(200);
    expect(JSON.stringify(peer.seen.at(-1)!.headers)).not.toContain('forged');
    expect(peer.seen.at(-1)!.headers['x-sign']).toMatch(/^[\w+/]{43}=$/);
  });

  it('gives back neither the secret nor the signature, and counts refusals', async () => {
    peer.answer(({ url, body }, response) =>
      sendJson(response, { url, body: body.toString(), secret: SECRET, end: 'the end' }, 401),
    );
    const code = await register(inFields);
    const { text } = await gatehouse.call(code, 'form', { a: 1 });
    const sign = new URLSearchParams(peer.seen[0]!.body.toString()).get('sign')!;
    expect(text).toContain('the end');
    for (const secret of [SECRET, sign]) {
      expect(text).not.toContain(secret);
      expect((await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`)).text).not.toContain(secret);
    }
    for (let i = 0; i < 10; i += 1) await gatehouse.call(code, 'get', { id: '1' });
    expect(peer.seen).toHaveLength(3);
  });
});
