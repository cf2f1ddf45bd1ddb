/** `SIGNED_REQUEST` by what partners have published, and by the vectors of RFC 2202 and RFC 4231. */
import { describe, expect, test } from 'vitest';
import { signedRequest } from '../../../lib/auth/signed-request.ts';
import type { StrategyDeps, WireRequest } from '../../../lib/auth/strategy.ts';
import { signatureOf } from '../../../lib/definition/signing/signature.ts';
import { Definition } from '../../../lib/registry/definition.ts';
import type { DefinitionInput } from '../../../lib/registry/definition.ts';
import { parseDefinition } from '../../../lib/registry/validation.ts';
import { encodeForm } from '../../../lib/text/form.ts';

type Input = Omit<Extract<DefinitionInput['auth'], { type: 'SIGNED_REQUEST' }>, 'type'>;

const AT = Date.UTC(2024, 0, 2, 3, 4, 5, 678);

function setUp(auth: Input, credentials: Record<string, string> = {}) {
  const definition = Definition.parse({
    code: 'SVC',
    name: 'x',
    baseUrl: 'https://a.example.com',
    settings: { app: 'shop' },
    auth: { type: 'SIGNED_REQUEST', ...auth },
  });
  let made = 0;
  const deps = {
    credentials: { current: async () => ({ versionId: 'v1', values: credentials }), used: () => undefined },
    clock: { now: () => AT },
    random: { uuid: () => `uuid-${(made += 1)}`, bytes: (n: number) => Buffer.alloc(n, made) },
  } as unknown as StrategyDeps;
  const service = { definition, revision: 1, createdAt: '', updatedAt: '' };
  return signedRequest.authenticate(service as never, { deadline: { at: Infinity }, operation: 'op' }, deps);
}

async function sign(auth: Input, request: Partial<WireRequest>, credentials?: Record<string, string>) {
  const { sign: signIt } = await setUp(auth, credentials);
  return signIt!({ method: 'GET', url: 'https://a.example.com/', headers: {}, ...request });
}

/** As an operation hands it on. */
function form(values: Record<string, unknown>, format: 'form' | 'json' = 'form'): Partial<WireRequest> {
  const write = async (all: Record<string, unknown>) => ({
    bytes: Buffer.from(
      format === 'json'
        ? JSON.stringify(all)
        : encodeForm(Object.entries(all).map(([name, value]) => [name, String(value)])),
    ),
    contentType: 'x',
  });
  return { method: 'POST', body: Buffer.from('as it was'), fields: { values, format, write } };
}

describe('digests', () => {
  test.each([
    ['hmac-md5', 'what do ya want for nothing?', 'Jefe', '750c783e6ab0b503eaa86e310a5db738'],
    ['hmac-sha1', 'what do ya want for nothing?', 'Jefe', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    [
      'hmac-sha256',
      'what do ya want for nothing?',
      'Jefe',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      'hmac-sha512',
      'what do ya want for nothing?',
      'Jefe',
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
    ['sm3', 'abc', '', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    ['md5', '', '', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['sha1', 'abc', '', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ] as const)('%s', (algorithm, message, key, expected) => {
    expect(signatureOf(message, key, algorithm, 'hex')).toBe(expected);
    expect(signatureOf(message, key, algorithm, 'HEX')).toBe(expected.toUpperCase());
    const bytes = Buffer.from(expected, 'hex');
    expect(signatureOf(message, key, algorithm, 'base64')).toBe(bytes.toString('base64'));
    expect(signatureOf(message, key, algorithm, 'base64url')).toBe(bytes.toString('base64url'));
  });
});

describe('what partners have published', () => {
  const wechat = {
    appid: 'wxd930ea5d5a258f4f',
    mch_id: '10000100',
    device_info: '1000',
    body: 'test',
    nonce_str: 'ibuaiVcKdpRxkhJA',
  };
  const message = '{{request.sortedParams}}&key={{credentials.apiKey}}';
  const apiKey = '192006250b4c09247ec02edce69f6a2d';

  test.each([
    ['md5', undefined, '9A0A8659F005D6984697E2CA0A9CF3B7'],
    [
      'hmac-sha256',
      '{{credentials.apiKey}}',
      '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6',
    ],
  ] as const)('WeChat Pay v2, %s', async (algorithm, key, signature) => {
    const { nonce_str, ...rest } = wechat;
    const auth = {
      algorithm,
      ...(key && { key }),
      encoding: 'HEX' as const,
      message,
      fields: { nonce_str, sign: '{{signature}}' },
    };
    const signed = await sign(auth, form({ ...rest, sign: 'of somebody else', empty: '', none: null }), {
      apiKey,
    });
    expect(new URLSearchParams(signed.body!.toString()).get('sign')).toBe(signature);
    expect(new URLSearchParams(signed.body!.toString()).get('nonce_str')).toBe(nonce_str);
    expect(signed.secrets).toContain(signature);
  });

  test('Binance: the query as it goes out, and the signature last', async () => {
    const signed = await sign(
      {
        algorithm: 'hmac-sha256',
        key: '{{credentials.secret}}',
        message: '{{request.query}}',
        query: { signature: '{{signature}}' },
        headers: { 'X-MBX-APIKEY': '{{credentials.apiKey}}' },
      },
      {
        url: 'https://a.example.com/api/v3/order?symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559',
      },
      { secret: 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j', apiKey: 'k' },
    );
    expect(signed.url).toMatch(
      /timestamp=1499827319559&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71$/,
    );
    expect(signed.headers['x-mbx-apikey']).toBe('k');
  });
});

describe('a message', () => {
  /** Without a digest: what is signed can be read back by its own. */
  const messageOf = async (message: string, request: Partial<WireRequest>, more: Partial<Input> = {}) => {
    const auth = { algorithm: 'md5' as const, message, headers: { 'X-Sign': '{{signature}}' }, ...more };
    return (await sign(auth, request)).headers['x-sign'];
  };
  const md5 = (text: string) => signatureOf(text, '', 'md5', 'hex');

  test('names method, path and query as they go out, body, time and random values', async () => {
    expect(
      await messageOf(
        '{{request.method}}\n{{request.path}}\n{{request.query}}\n{{request.body}}\n{{now.s}}\n{{random.uuid}}\n{{settings.app}}',
        { method: 'PUT', url: 'https://a.example.com/a%20b?x=%E5%BC%A0&y', body: Buffer.from('{"a":"张"}') },
      ),
    ).toBe(md5('PUT\n/a%20b\nx=%E5%BC%A0&y\n{"a":"张"}\n1704164645\nuuid-1\nshop'));
  });

  test('sorts query and fields by name, unencoded, without empty ones, with what the strategy adds', async () => {
    const url = 'https://a.example.com/x?b=2%2B1&a=%E5%BC%A0&empty=&sign=old&B=1';
    const more = {
      query: { ts: '{{now.ms}}', sign: '{{signature}}' },
      fields: { app: '{{settings.app}}', nested: { z: ['{{now.s}}'] } },
    };
    const expected = `B=1&a=张&app=shop&b=2+1&c=true&list=[1,2]&n=0&nested={"z":[1704164645]}&ts=${AT}`;
    const values = { c: true, n: 0, no: null, list: [1, 2] };
    expect(await messageOf('{{request.sortedParams}}', { url, ...form(values, 'json') }, more)).toBe(
      md5(expected),
    );
  });

  test('of a caller of the raw proxy: fields of a form, and of JSON with its numbers as they are', async () => {
    const post = (type: string, body: string) => ({
      method: 'POST',
      headers: { 'content-type': type },
      body: Buffer.from(body),
    });
    const sorted = (request: Partial<WireRequest>) => messageOf('{{request.sortedParams}}', request);
    expect(await sorted(post('application/x-www-form-urlencoded', 'b=%E5%BC%A0+1&a=&c=3'))).toBe(
      md5('b=张 1&c=3'),
    );
    expect(await sorted(post('application/json', '{"b":1.10,"a":{"x":[]},"c":""}'))).toBe(
      md5('a={"x":[]}&b=1.10'),
    );
    expect(await sorted(post('text/plain', 'b=1'))).toBe(md5(''));
  });

  test('is as fresh as its headers: time and nonce are the same in both, and new at each try', async () => {
    const { sign: signIt, headers } = await setUp({
      algorithm: 'md5',
      message: '{{random.uuid}}.{{now.ms}}',
      headers: { 'X-Nonce': '{{random.uuid}}', Authorization: 'SIGN {{signature}}' },
    });
    expect(headers).toEqual({ 'x-nonce': '', authorization: '' });
    const request = { method: 'GET', url: 'https://a.example.com/', headers: {} };
    for (const nonce of ['uuid-1', 'uuid-2']) {
      const signed = await signIt!(request);
      expect(signed.headers).toEqual({ 'x-nonce': nonce, authorization: `SIGN ${md5(`${nonce}.${AT}`)}` });
    }
  });

  test('covers the body without its own signature, whatever stands in it', async () => {
    const auth: Input = {
      algorithm: 'sha256',
      message: '{{request.body}}{{credentials.secret}}',
      fields: { ts: '{{now.s}}', sign: '{{signature}}' },
    };
    const signed = await sign(auth, form({ a: 1, sign: undefined }, 'json'), { secret: 's' });
    expect(JSON.parse(signed.body!.toString())).toEqual({
      a: 1,
      ts: 1_704_164_645,
      sign: signatureOf('{"a":1,"ts":1704164645}s', '', 'sha256', 'hex'),
    });
  });

  test('fields of a request without a body go into its query; into a body of a caller they do not', async () => {
    const auth: Input = { algorithm: 'md5', message: 'x', fields: { sign: '{{signature}}' } };
    expect((await sign(auth, { url: 'https://a.example.com/?sign=mine&a=1' })).url).toBe(
      `https://a.example.com/?a=1&sign=${md5('x')}`,
    );
    await expect(sign(auth, { body: Buffer.from('a=1') })).rejects.toMatchObject({
      code: 'PATH_NOT_ALLOWED',
    });
  });

  test('is text: bytes that are none are refused, where they would be signed', async () => {
    const body = Buffer.from([0xff, 0xfe]);
    await expect(messageOf('{{request.body}}', { body })).rejects.toMatchObject({ code: 'PATH_NOT_ALLOWED' });
    expect(await messageOf('{{request.path}}', { body })).toBe(md5('/'));
  });
});

describe('a definition that cannot work is refused with its place', () => {
  const base = { algorithm: 'md5', message: '{{now.s}}', headers: { 'X-Sign': '{{signature}}' } };
  test.each<[string, object]>([
    ['auth.key', { ...base, algorithm: 'hmac-sha256' }],
    ['auth.key', { ...base, key: '{{credentials.k}}' }],
    ['auth.key', { ...base, algorithm: 'hmac-sha256', key: '{{now.s}}' }],
    ['auth.message', { ...base, headers: { 'X-App': 'x' } }],
    ['auth.message', { ...base, message: '{{signature}}' }],
    ['auth.message', { ...base, message: '{{params.a}}' }],
    ['auth.fields.b', { ...base, fields: { b: '{{request.body}}' } }],
    ['auth.query.c', { ...base, query: { c: '{{cookie.c}}' } }],
    ['auth.algorithm', { ...base, algorithm: 'crc32' }],
  ])('%s', (field, auth) => {
    const document = {
      code: 'SVC',
      name: 'x',
      baseUrl: 'https://a.example.com',
      auth: { type: 'SIGNED_REQUEST', ...auth },
    };
    expect(() => parseDefinition(document)).toThrow(
      expect.objectContaining({ fields: expect.arrayContaining([expect.objectContaining({ field })]) }),
    );
  });
});
