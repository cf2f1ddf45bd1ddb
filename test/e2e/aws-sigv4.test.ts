/** `AWS_SIGV4` through the whole product, against a server that verifies what arrives on the wire. */
import { createHash, createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer, Seen } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;

withPeer((both) => ({ gatehouse, peer } = both));

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
/** RFC 3986, as AWS encodes. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** What the manual says a server does, in its own words and not in Smithy's. */
function isSigned({ method, url, headers, body }: Seen, service: string): boolean {
  const [, scope, names, signature] =
    /Credential=AKID\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(headers.authorization ?? '')!;
  const [path = '', query = ''] = url.split('?');
  const pairs = query
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=').map(decodeURIComponent);
      return `${encode(name)}=${encode(value)}`;
    });
  const canonical = [
    method,
    service === 's3' ? path : path.split('/').map(encode).join('/'),
    pairs.sort().join('&'),
    ...names!.split(';').map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const key = scope!
    .split('/')
    .reduce<string | Buffer>((derived, part) => hmac(derived, part), `AWS4${SECRET}`);
  const date = String(headers['x-amz-date']);
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  return hmac(key, text).toString('hex') === signature;
}

async function register(code: string, service: string) {
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: `${peer.url}/stage`,
      allowedPaths: ['/*'],
      operations: {
        get: {
          method: 'GET',
          path: '/things/{{params.id}}',
          query: { q: '{{params.q}}', list: '{{params.list}}' },
        },
        post: { method: 'POST', path: '/things', body: 'json' },
      },
      auth: { type: 'AWS_SIGV4', region: 'eu-west-1', service },
    },
    { accessKeyId: 'AKID', secretAccessKey: SECRET },
  );
}

it.each(['execute-api', 's3'])(
  '%s: operations and the raw proxy are signed as they go out',
  async (service) => {
    const code = `AWS_${service.replace('-', '_').toUpperCase()}`;
    await register(code, service);
    peer.answer((request, response) => sendJson(response, {}, isSigned(request, service) ? 200 : 403));
    const raw = `/v1/services/${code}/proxy`;
    const answers = [
      await gatehouse.call(code, 'get', { id: 'a b/c*张', q: "it's (a) + b=c", list: ['2', '1'] }),
      await gatehouse.call(code, 'post', { name: '张', n: 1 }),
      await gatehouse.ask('PUT', `${raw}/bucket/key?b=1&a=%2B+x&acl`, { body: Buffer.from([0, 255, 7]) }),
      await gatehouse.ask('GET', `${raw}/x?x=%E5%BC%A0`, { headers: { 'x-custom': ' a  b ' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  },
);

it('no signature is given back', async () => {
  await register('AWS_ECHO', 'es');
  peer.answer(({ headers }, response) =>
    sendJson(response, { sent: headers.authorization, end: 'the end' }, 400),
  );
  const { text } = await gatehouse.call('AWS_ECHO', 'get', { id: '1', q: '2', list: [] });
  const signature = /Signature=(\w+)/.exec(peer.seen[0]!.headers.authorization!)![1]!;
  expect(text).toContain('the end');
  expect(text).not.toContain(signature);
  expect((await gatehouse.ask('GET', '/v1/admin/calls?service=AWS_ECHO')).text).not.toContain(signature);
});
