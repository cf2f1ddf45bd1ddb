/** Styles of the cookbook that sign, against partners that verify what arrives on the wire and take a nonce once. */
import { createHash, createHmac } from 'node:crypto';
import { sendJson } from '../../peer.ts';
import type { Seen } from '../../peer.ts';
import { cookbook } from './styles.ts';
import type { Platform } from './styles.ts';
import { formOf, jsonOf } from './wire.ts';

const { holds } = cookbook();

const WINDOW_MS = 300_000;
const isFresh = (ms: number) => Math.abs(Date.now() - ms) < WINDOW_MS;

/** Sorted parameters and the key, MD5, capitals; 200 whatever happens. */
function logistics(): Platform {
  let tries = 0;
  const nonces = new Set<string>();
  return {
    tries: () => tries,
    handler(request, response) {
      tries += 1;
      const { sign, ...rest } = formOf(request);
      const text = Object.keys(rest)
        .sort()
        .filter((name) => rest[name] !== '')
        .map((name) => `${name}=${rest[name]}`)
        .join('&');
      const expected = createHash('md5')
        .update(`${text}&key=partner-secret-2026`)
        .digest('hex')
        .toUpperCase();
      const isNew = !nonces.has(rest['nonce'] ?? '') && isFresh(Number(rest['timestamp']) * 1_000);
      nonces.add(rest['nonce'] ?? '');
      return sign === expected && isNew && rest['app_id'] === 'shop-1001'
        ? sendJson(response, { code: '0', data: { trade_no: `T-${rest['order_no']}`, title: rest['title'] } })
        : sendJson(response, { code: 'SIGN_ERROR', msg: '签名错误' });
    },
  };
}

holds({
  page: 'signed-requests',
  code: 'PARTNER_MD5',
  shell: true,
  platform: logistics,
  data: { trade_no: 'T-A1001', title: '电缆' },
  wrong: { secret: 'another-secret-2026' },
  refusal: 'AUTHENTICATION_FAILED: PARTNER_MD5 refused the credentials (it answered 200).',
  mistakes: {
    'the signature is nowhere': {
      definition: { '/auth/fields/sign': undefined },
      says: 'auth.message: is signed for nothing: {{signature}} stands in none of headers, query and fields',
    },
  },
});

/** HMAC over time, method, path and body, in a header. */
function exchange(): Platform {
  let tries = 0;
  return {
    tries: () => tries,
    handler(request, response) {
      tries += 1;
      const { method, url, headers, body } = request;
      const time = String(headers['x-timestamp']);
      const expected = createHmac('sha256', 'exchange-secret-2026')
        .update(`${time}${method}${url}${body.toString()}`)
        .digest('base64');
      const isOurs = headers['x-access-key'] === 'ak-0123456789' && headers['x-signature'] === expected;
      return isOurs && isFresh(Number(time))
        ? sendJson(response, { data: { id: 9, ...jsonOf(request) } })
        : sendJson(response, { error: 'invalid signature' }, 401);
    },
  };
}

holds({
  page: 'signed-requests',
  code: 'PARTNER_HMAC',
  platform: exchange,
  data: { id: 9, symbol: 'BTC-USDT', size: '0.01' },
  wrong: { secret: 'another-secret-2026' },
  refusal: 'AUTHENTICATION_FAILED: PARTNER_HMAC refused the credentials (it answered 401).',
  mistakes: {
    'there is no key': {
      definition: { '/auth/key': undefined },
      says: 'auth.key: must be given for an algorithm that begins with "hmac-", and for no other',
    },
  },
});

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** As the manual of Signature Version 4 says a server does. */
function isSignedForAws({ method, url, headers, body }: Seen): boolean {
  const [, scope = '', names = '', signature] =
    /Credential=AKIDEXAMPLE0123\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const [path = '', query = ''] = url.split('?');
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}`);
  const canonical = [method, path, pairs.sort().join('&'), ...signed, '', names, sha256(body)].join('\n');
  const start: string | Buffer = 'AWS4wJalrXUtnFEMI-example-0123456789';
  const key = scope.split('/').reduce<string | Buffer>((derived, part) => hmac(derived, part), start);
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, sha256(canonical)].join('\n');
  return hmac(key, text).toString('hex') === signature;
}

function minio(): Platform {
  let tries = 0;
  return {
    tries: () => tries,
    handler(request, response) {
      tries += 1;
      const isSigned = isSignedForAws(request);
      response.writeHead(isSigned ? 200 : 403, { 'content-type': 'application/xml' });
      const prefix = new URLSearchParams(request.url.split('?')[1]).get('prefix');
      response.end(
        isSigned
          ? `<ListBucketResult><Contents><Key>${prefix}a.csv</Key><Size>12</Size></Contents>` +
              `<Contents><Key>${prefix}b.csv</Key><Size>7</Size></Contents></ListBucketResult>`
          : '<Error><Code>SignatureDoesNotMatch</Code></Error>',
      );
    },
  };
}

holds({
  page: 'signed-requests',
  code: 'OBJECT_STORE',
  platform: minio,
  data: [
    { key: '2026/a.csv', bytes: '12' },
    { key: '2026/b.csv', bytes: '7' },
  ],
  wrong: { secretAccessKey: 'another-secret-0123456789' },
  refusal: 'AUTHENTICATION_FAILED: OBJECT_STORE refused the credentials (it answered 403).',
});
