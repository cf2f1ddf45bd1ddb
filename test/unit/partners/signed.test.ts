/** `SIGNED` by what partners have published, and by what would let in what nobody has signed. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import type { CredentialVersion } from '../../../lib/access/credentials/credentials.ts';
import { signed } from '../../../lib/partners/signed/protocol.ts';

type Input = Omit<z.input<typeof signed.schema>, 'type'>;

const NOW = 1_795_240_326;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

interface Given {
  headers?: Record<string, string>;
  body: string | Buffer;
  secret?: string;
  versions?: CredentialVersion[];
  now?: number;
  windowSeconds?: number;
  target?: { path: string; query: string };
}

function verify(input: Input, { headers = {}, body, secret = 's', now = NOW, ...rest }: Given) {
  const config = signed.schema.parse({ type: 'SIGNED', ...input });
  const {
    versions = [{ versionId: 'v1', values: { webhookSecret: secret } }],
    windowSeconds = 300,
    target,
  } = rest;
  const request = { action: '', headers, body: Buffer.from(body), ...(target ? { target } : {}) };
  const message = signed.read(request, config);
  const settings = { shop: 'shop-1' };
  return signed.verify(message, { code: 'SHOP', versions, nowSeconds: now, windowSeconds, settings }, config);
}

const cause = (input: Input, given: Given) => {
  try {
    return verify(input, given);
  } catch (error) {
    return (error as Error).cause ?? error;
  }
};

const hmac = (algorithm: string, key: string, text: string | Buffer) =>
  createHmac(algorithm, key).update(text).digest();

const github: Input = {
  algorithm: 'hmac-sha256',
  header: 'X-Hub-Signature-256',
  prefix: 'sha256=',
  message: '{{request.body}}',
};
const stripe: Input = {
  algorithm: 'hmac-sha256',
  header: 'Stripe-Signature',
  prefix: 'v1=',
  message: '{{request.timestamp}}.{{request.body}}',
  timestamp: { header: 'Stripe-Signature', prefix: 't=' },
};
const slack: Input = {
  algorithm: 'hmac-sha256',
  header: 'x-slack-signature',
  prefix: 'v0=',
  message: 'v0:{{request.timestamp}}:{{request.body}}',
  timestamp: { header: 'x-slack-request-timestamp' },
};
/** As most aggregators of payments in China have it. */
const epay: Input = {
  algorithm: 'md5',
  field: 'sign',
  unsigned: ['sign_type'],
  message: '{{request.sortedParams}}{{credentials.webhookSecret}}',
};

describe('what partners have published', () => {
  it('GitHub: "Hello, World!" with its documented secret', () => {
    const digest = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const given = { secret: "It's a Secret to Everybody", body: 'Hello, World!' };
    const headers = (text: string) => ({ 'x-hub-signature-256': text });
    expect(verify(github, { ...given, headers: headers(`sha256=${digest}`) }).keyVersionId).toBe('v1');
    expect(verify(github, { ...given, headers: headers(`sha256=${digest.toUpperCase()}`) })).toBeDefined();
    expect(cause(github, { ...given, headers: headers(`sha1=${digest}`) })).toBe('MALFORMED');
    expect(cause(github, { ...given, headers: headers(digest) })).toBe('MALFORMED');
    expect(cause(github, { ...given, body: 'Hello, World', headers: headers(`sha256=${digest}`) })).toBe(
      'SIGNATURE',
    );
  });

  it('Slack: the slash command of its documentation', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const given = {
      secret: '8f742231b10e8888abcd99yyyzzz85a5',
      now: 1_531_420_618,
      body,
      headers: {
        'x-slack-request-timestamp': '1531420618',
        'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      },
    };
    expect(verify(slack, given)).toMatchObject({ keyVersionId: 'v1', sentAt: 1_531_420_618 });
    expect(cause(slack, { ...given, now: 1_531_420_618 + 301 })).toBe('EXPIRED');
  });

  it('Shopify: base64 of the body', () => {
    const shopify: Input = { ...github, header: 'X-Shopify-Hmac-Sha256', encoding: 'base64' };
    delete shopify.prefix;
    const body = '{"id":450789469}';
    const text = hmac('sha256', 'hush', body).toString('base64');
    const headers = { 'x-shopify-hmac-sha256': text };
    expect(verify(shopify, { body, secret: 'hush', headers }).keyVersionId).toBe('v1');
    const lower = { 'x-shopify-hmac-sha256': text.toLowerCase() };
    expect(cause(shopify, { body, secret: 'hush', headers: lower })).toBe('SIGNATURE');
  });

  it('Feishu: SHA-256 of time, nonce, key and body', () => {
    const feishu: Input = {
      algorithm: 'sha256',
      header: 'X-Lark-Signature',
      timestamp: { header: 'X-Lark-Request-Timestamp' },
      message:
        '{{request.timestamp}}{{header.x-lark-request-nonce}}{{credentials.encryptKey}}{{request.body}}',
    };
    const body = '{"encrypt":"x"}';
    const headers = {
      'x-lark-request-timestamp': String(NOW),
      'x-lark-request-nonce': 'nonce',
      'x-lark-signature': createHash('sha256').update(`${NOW}noncekey${body}`).digest('hex'),
    };
    const versions = [{ versionId: 'v1', values: { encryptKey: 'key' } }];
    expect(verify(feishu, { body, headers, versions }).keyVersionId).toBe('v1');
    expect(signed.namedCredentials!(signed.schema.parse({ type: 'SIGNED', ...feishu }))).toEqual([
      'encryptKey',
    ]);
    const { 'x-lark-request-nonce': _, ...noNonce } = headers;
    expect(cause(feishu, { body, headers: noNonce, versions })).toBe('MALFORMED');
  });
});

describe("Stripe's scheme", () => {
  const body = '{"id":"evt_1","data":{"object":{"amount":1050}}}';
  const v1 = (key = 's', text = `${NOW}.${body}`) => hmac('sha256', key, text).toString('hex');
  const sent = (header: string, rest: Partial<Given> = {}) => ({
    body,
    headers: { 'stripe-signature': header },
    ...rest,
  });

  it('holds when one of several v1 does, whatever else is there', () => {
    for (const header of [
      `t=${NOW},v1=${v1()}`,
      `t=${NOW},v1=${v1('other')},v1=${v1()},v0=00`,
      `v1=${v1()}, t=${NOW}`,
    ]) {
      expect(verify(stripe, sent(header))).toMatchObject({ keyVersionId: 'v1', sentAt: NOW });
    }
    expect(cause(stripe, sent(`t=${NOW},v0=${v1()}`))).toBe('MALFORMED');
    expect(cause(stripe, sent(`t=${NOW},v1=${v1('other')}`))).toBe('SIGNATURE');
    expect(cause(stripe, sent(`t=${NOW},v1=${v1()}`, { body: `${body} ` }))).toBe('SIGNATURE');
  });

  it('knows which of two keys was used', () => {
    const versions = ['new', 'old'].map((id) => ({ versionId: id, values: { webhookSecret: id } }));
    const from = (key: string) => verify(stripe, sent(`t=${NOW},v1=${v1(key)}`, { versions })).keyVersionId;
    expect([from('new'), from('old')]).toEqual(['new', 'old']);
  });

  it('is known again by what it signs, however its signature is written', () => {
    const versions = ['new', 'old'].map((id) => ({ versionId: id, values: { webhookSecret: id } }));
    const ids = [
      `t=${NOW},v1=${v1('new')},v1=${v1('old')}`,
      `t=${NOW},v1=${v1('old')}`,
      `v1=${v1('new').toUpperCase()},t=${NOW}`,
    ].map((header) => verify(stripe, sent(header, { versions })).id);
    expect(new Set(ids).size).toBe(1);
    const later = `t=${NOW + 1},v1=${v1('new', `${NOW + 1}.${body}`)}`;
    expect(verify(stripe, sent(later, { versions })).id).not.toBe(ids[0]);
  });

  it('takes seconds and milliseconds, and nothing like them', () => {
    const at = (text: string, rest: Partial<Given> = {}) =>
      cause(stripe, sent(`t=${text},v1=${v1('s', `${text}.${body}`)}`, rest));
    expect(at(`${NOW}123`)).toMatchObject({ sentAt: NOW });
    expect([at(String(NOW - 301)), at(String(NOW + 301)), at(`${NOW - 400}000`)]).toEqual(
      Array(3).fill('EXPIRED'),
    );
    for (const text of [
      `${NOW}.0`,
      '1e9',
      '1000000000000000000',
      `-${NOW}`,
      `0${NOW}`,
      '',
      'NaN',
      `${NOW}1`,
    ]) {
      expect([text, at(text)]).toEqual([text, 'MALFORMED']);
    }
    expect(cause(stripe, sent(`t=${NOW},t=${NOW - 1},v1=${v1()}`))).toBe('MALFORMED');
  });

  it('has a window of its own where the protocol says so', () => {
    const own = { ...stripe, windowSeconds: 10 };
    const header = `t=${NOW},v1=${v1()}`;
    expect(verify(own, sent(header, { now: NOW + 10 }))).toBeDefined();
    expect(cause(own, sent(header, { now: NOW + 11 }))).toBe('EXPIRED');
  });

  it('bounds the list', () => {
    const list = (n: number) => `t=${NOW},v1=${v1()}${`,v1=${v1('other')}`.repeat(n)}`;
    expect(verify(stripe, sent(list(15)))).toBeDefined();
    expect(cause(stripe, sent(list(16)))).toBe('MALFORMED');
  });
});

it('a version without a secret lets nobody in: nor does an empty key', () => {
  const body = '{}';
  const headers = { 'x-hub-signature-256': `sha256=${hmac('sha256', '', body).toString('hex')}` };
  const none = { versionId: 'none', values: { appKey: 'x' } };
  const versions = [{ versionId: 'v1', values: { webhookSecret: 's' } }, none];
  expect(cause(github, { body, headers, versions })).toBe('SIGNATURE');
  expect(() => verify(github, { body, headers, versions: [none] })).toThrow(
    'SHOP: {{credentials.webhookSecret}} is missing.',
  );
});

describe('a form whose sign is a field of it', () => {
  const fields = { pid: '1001', money: '12.50', name: '电缆 & 插头', out_trade_no: 'A-1', param: '' };
  const signOf = (pairs: Record<string, string>, key = 's') =>
    createHash('md5')
      .update(
        Object.keys(pairs)
          .filter((name) => pairs[name] !== '')
          .sort()
          .map((name) => `${name}=${pairs[name]}`)
          .join('&') + key,
      )
      .digest('hex');
  const form = (pairs: Record<string, string>, sign: string) =>
    new URLSearchParams({ ...pairs, sign, sign_type: 'MD5' }).toString();

  it('holds, in capitals too; what nobody signed is no part of the payload', () => {
    const sign = signOf(fields);
    for (const body of [form(fields, sign), form(fields, sign.toUpperCase())]) {
      expect(verify(epay, { body, headers: FORM }).payload).toEqual(fields);
    }
    expect(cause(epay, { body: form(fields, signOf(fields, 'x')), headers: FORM })).toBe('SIGNATURE');
    const raised = { ...fields, money: '1250' };
    expect(cause(epay, { body: form(raised, sign), headers: FORM })).toBe('SIGNATURE');
  });

  it('is one field: neither none nor two', () => {
    const body = form(fields, signOf(fields));
    expect(cause(epay, { body: `${body}&sign=00`, headers: FORM })).toBe('MALFORMED');
    expect(cause(epay, { body: 'pid=1001', headers: FORM })).toBe('MALFORMED');
    expect(cause(epay, { body, headers: {} })).toBe('MALFORMED');
  });

  it('keeps a field that comes twice as a list: it is no amount', () => {
    const message = 'a=1&a=2s';
    const sign = createHash('md5').update(message).digest('hex');
    expect(verify(epay, { body: `a=1&a=2&sign=${sign}`, headers: FORM }).payload).toEqual({ a: ['1', '2'] });
  });

  it('may be JSON as well, digits as they stand there', () => {
    const text = '"order":{"no":7},"money":12.50,"id":9007199254740993';
    const sign = createHash('md5').update('id=9007199254740993&money=12.50&order={"no":7}s').digest('hex');
    const { payload } = verify(epay, { body: `{${text},"sign":"${sign}","sign_type":"MD5"}` });
    expect(JSON.stringify(payload)).toBe(`{${text}}`);
  });

  it('has fields, or nothing is signed: a list is refused, whatever signature it brings', () => {
    const inHeader: Input = { ...epay, field: undefined, unsigned: [], header: 'x-sign' };
    const headers = { 'x-sign': createHash('md5').update('s').digest('hex') };
    for (const body of ['[{"money":9}]', '9', '"x"', 'null']) {
      expect([body, cause(inHeader, { body, headers })]).toEqual([body, 'MALFORMED']);
    }
  });

  it('may have its time in the body', () => {
    const timed = { ...epay, timestamp: { pointer: '/ts' } };
    const at = (ts: string) => {
      const pairs = { ...fields, ts };
      return cause(timed, { body: form(pairs, signOf(pairs)), headers: FORM });
    };
    expect(at(String(NOW))).toMatchObject({ sentAt: NOW });
    expect([at(String(NOW - 301)), at('')]).toEqual(['EXPIRED', 'MALFORMED']);
  });
});

describe('bytes', () => {
  it('are signed as they came, and refused where they are no text', () => {
    const body = '\uFEFF{ "a" : 1.0 , "b":"\\u00e9é" }\r\n';
    const headers = { 'x-hub-signature-256': `sha256=${hmac('sha256', 's', body).toString('hex')}` };
    expect(verify(github, { body, headers }).payload).toBeUndefined();
    const bytes = Buffer.from([0x7b, 0xff, 0x7d]);
    const odd = { 'x-hub-signature-256': `sha256=${hmac('sha256', 's', bytes).toString('hex')}` };
    expect(cause(github, { body: bytes, headers: odd })).toBe('MALFORMED');
  });

  it('are not read as JSON before the signature holds', () => {
    const headers = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
    expect(cause(github, { body: '{"a":', headers })).toBe('SIGNATURE');
    expect(cause(github, { body: '['.repeat(200_000), headers })).toBe('SIGNATURE');
  });

  it('may be signed with where they were sent, and settings', () => {
    const input = {
      ...github,
      message: '{{settings.shop}} {{request.method}} {{request.path}}?{{request.query}} {{request.body}}',
    };
    const target = { path: '/webhook/shop', query: 'a=1' };
    const text = 'shop-1 POST /webhook/shop?a=1 {}';
    const headers = { 'x-hub-signature-256': `sha256=${hmac('sha256', 's', text).toString('hex')}` };
    expect(verify(input, { body: '{}', headers, target })).toBeDefined();
    expect(cause(input, { body: '{}', headers, target: { ...target, query: 'a=2' } })).toBe('SIGNATURE');
  });
});

describe('a message', () => {
  it.each([
    '{{request.body | sha256}}',
    '{{request.body | md5 | upper | append: credentials.webhookSecret | md5}}',
    "{{request.body | base64 | prepend: 'v1.'}}",
    '{{settings.shop | append: request.body | hmac_sha256: credentials.webhookSecret | hex | lower}}',
    '{{header.x-shop | lower}}{{request.body}}',
  ])('may hold what is signed through filters that lose nothing: %s', (message) => {
    expect(signed.schema.safeParse({ type: 'SIGNED', ...github, message }).error).toBeUndefined();
  });
});

describe('a definition that would let in what nobody has signed', () => {
  it.each<[string, Partial<Input>, string]>([
    ['no signature', { header: undefined }, 'header: or field must be given, and not both'],
    ['two places', { field: 'sign' }, 'header: or field must be given, and not both'],
    [
      'no body',
      { message: '{{request.timestamp}}' },
      'message: must name {{request.body}} or {{request.sortedParams}}: nothing else signs the body',
    ],
    [
      'no secret',
      { algorithm: 'md5' },
      'message: holds no secret: for md5 it has to name one, as {{credentials.webhookSecret}}',
    ],
    [
      'itself',
      { header: undefined, prefix: undefined, field: 'sign' },
      'field: cannot lie in what it signs: name {{request.sortedParams}} in the message',
    ],
    [
      'no time',
      { timestamp: { header: 'x-time' } },
      'timestamp: is not signed: name {{request.timestamp}} in the message',
    ],
    [
      'left out',
      { unsigned: ['a'] },
      'unsigned: is left out of {{request.sortedParams}}, which the message does not name',
    ],
    [
      'an unsigned time',
      { message: '{{request.sortedParams}}', unsigned: ['ts'], timestamp: { pointer: '/ts' } },
      'timestamp: is not signed: name {{request.timestamp}} in the message',
    ],
    ...[
      '{{request.body | slice: 0, 1}}',
      '{{request.body | trim}}',
      "{{request.body | replace: 'a', 'b'}}",
      '{{request.body | lower}}',
      '{{settings.shop | append: request.body | slice: 0, 4}}',
    ].map((message): [string, Partial<Input>, string] => [
      message,
      { message },
      'message: holds {{request.body}} only in part: after it no filter may stand that loses some of it, as slice, trim or replace',
    ]),
    [
      'a secret of which nothing is left',
      { algorithm: 'md5', message: '{{credentials.webhookSecret | slice: 0, 0}}{{request.body}}' },
      'message: holds no secret: for md5 it has to name one, as {{credentials.webhookSecret}}',
    ],
    [
      'a time of which a part is signed',
      { message: '{{request.timestamp | slice: 0, 1}}{{request.body}}', timestamp: { header: 'x-time' } },
      'timestamp: is not signed: name {{request.timestamp}} in the message',
    ],
    ['a list within a prefix', { prefix: 'a,b' }, 'prefix: must hold no space, comma or semicolon'],
    [
      'two times',
      { timestamp: { header: 'x', pointer: '/x' } },
      'timestamp: must have exactly one of header, pointer',
    ],
  ])('is refused: %s', (_what, change, message) => {
    const { error } = signed.schema.safeParse({ type: 'SIGNED', ...github, ...change });
    expect(error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)).toContain(message);
  });
});
