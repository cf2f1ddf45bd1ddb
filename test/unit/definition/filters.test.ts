import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { sm2 } from 'sm-crypto-v2';
import { describe, expect, it } from 'vitest';
import {
  checkTemplate,
  missingNames,
  placeholders,
  renderText,
  renderValue,
} from '../../../lib/definition/template/render.ts';
import { momentOf } from '../../../lib/definition/template/scope.ts';
import type { Source, TemplateScope } from '../../../lib/definition/template/scope.ts';
import { isSecretSource } from '../../../lib/access/credentials/values.ts';
import { ExactNumber } from '../../../lib/text/json/exact.ts';

const SCOPE: TemplateScope = {
  params: { x: 'abc', empty: '', list: [1, 'a'], exact: new ExactNumber('12345678901234567890') },
  credentials: { user: 'Aladdin', password: 'open sesame' },
  settings: { key16: '0123456789abcdef', key32: '0123456789abcdef0123456789abcdef', iv: 'fedcba9876543210' },
};
const render = (template: string, scope: TemplateScope = SCOPE) => renderText(template, scope, 'none');
const of = (x: unknown, filters: string) => render(`{{params.x | ${filters}}}`, { ...SCOPE, params: { x } });

describe('digests, by the vectors of their standards', () => {
  it.each([
    // RFC 1321 A.5, FIPS 180-4, GB/T 32905-2016 A.1.
    ['md5', 'abc', '900150983cd24fb0d6963f7d28e17f72'],
    ['sha1', 'abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['sha256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'sha512',
      'abc',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
    ['sm3', 'abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    // RFC 2202 case 2, RFC 4231 case 2.
    ["hmac_sha1: 'Jefe'", 'what do ya want for nothing?', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    [
      "hmac_sha256: 'Jefe'",
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
  ])('%s of %j', (filter, text, hex) => {
    expect(of(text, filter)).toBe(hex);
    expect(of(text, `${filter} | hex`)).toBe(hex);
    expect(of(text, `${filter} | upper`)).toBe(hex.toUpperCase());
    expect(of(text, `${filter} | base64`)).toBe(Buffer.from(hex, 'hex').toString('base64'));
    expect(of(text, `${filter} | base64url`)).toBe(Buffer.from(hex, 'hex').toString('base64url'));
  });

  it('of a digest is that of its hex digits, as pages do it', () => {
    // PHP: md5(md5('abc') . 'salt')
    expect(of('abc', "md5 | append: 'salt' | md5")).toBe('313dcf4333e2de70a4f5617131606e33');
    expect(of('密码', 'md5')).toBe('a8105204604a0b11e916f3879aae3b0b');
  });
});

describe('encodings and texts', () => {
  it.each<[unknown, string, string]>([
    // RFC 4648 10, RFC 7617 2.
    ['foob', 'base64', 'Zm9vYg=='],
    ['foob', 'base64url', 'Zm9vYg'],
    ['foobar', 'hex', '666f6f626172'],
    ['aB', 'upper', 'AB'],
    ['aB', 'lower', 'ab'],
    [' a b\n', 'trim', 'a b'],
    ["a b&c=d/é'(*)~", 'url_encode', 'a%20b%26c%3Dd%2F%C3%A9%27%28%2A%29~'],
    ['a"b', 'json', '"a\\"b"'],
    [{ a: [1] }, 'json', '{"a":[1]}'],
    ['a.b.c', "replace: '.', '$&'", 'a$&b$&c'],
    ['abcdef', 'slice: 2', 'cdef'],
    ['abcdef', 'slice: 1, 3', 'bc'],
    ['abcdef', "slice:'1','-1'", 'bcde'],
    ['', "default: 'x'", 'x'],
    [null, "default: 'x'", 'x'],
    ['y', "default: 'x'", 'y'],
    [0, "default: 'x'", '0'],
    ['a', "append: '}}'", 'a}}'],
    ['a', `append: "'" | prepend: '|'`, `|a'`],
  ])('%j | %s', (value, filter, expected) => {
    expect(of(value, filter)).toBe(expected);
  });

  it('take names as arguments, and go from left to right', () => {
    expect(render("{{credentials.user | append: ':' | append: credentials.password | base64}}")).toBe(
      'QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    );
    expect(placeholders('{{params.x | hmac_sha256: credentials.password}}')).toEqual([
      'params.x',
      'credentials.password',
    ]);
  });

  it('keep the type of a value that they do not change', () => {
    expect(renderValue("{{params.list | default: 'x'}}", SCOPE)).toEqual([1, 'a']);
    expect(renderValue('{{params.exact | trim}}', SCOPE)).toBe('12345678901234567890');
  });

  it('escape what comes out of them, not what went in', () => {
    expect(renderText("/a/{{params.x | append: '/b'}}", SCOPE, 'path')).toBe('/a/abc%2Fb');
  });
});

describe('what is absent', () => {
  it('stays absent through filters, unless a default stands in', () => {
    expect(renderValue('{{params.gone? | md5}}', SCOPE)).toBeUndefined();
    expect(render('a{{params.gone? | md5}}')).toBe('a');
    expect(render("{{params.gone | upper | default: 'b' | upper}}")).toBe('B');
    expect(() => render('{{params.gone | md5}}')).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED' }),
    );
  });

  it('is told of arguments too', () => {
    expect(missingNames("{{params.gone | default: 'x'}}", SCOPE)).toEqual([]);
    expect(missingNames('{{params.x | append: credentials.gone}}', SCOPE)).toEqual(['credentials.gone']);
    expect(() => render('{{params.x | append: credentials.gone}}')).toThrow(
      '{{credentials.gone}} is not set',
    );
  });
});

describe('encryption', () => {
  it.each([
    // openssl enc -aes-128-cbc -K ... -iv ..., and so on.
    ['aes_cbc: settings.key16, settings.iv', 'Jg6BnlReUSvhalJTMlw5MQ=='],
    ['aes_ecb: settings.key32', 'emswHn/tJErt2rjnr7Pj/A=='],
    ["sm4_ecb: '0123456789abcdeffedcba9876543210'", 'V/eO/ovJ4Rdz5rNAfUnn9A=='],
  ])('%s, as openssl does it', (filter, base64) => {
    expect(of('密码 secret', filter)).toBe(base64);
    expect(of('密码 secret', `${filter} | hex`)).toBe(Buffer.from(base64, 'base64').toString('hex'));
  });

  it('rsa and rsa_oaep, with the key in each form that pages hold it in', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const keys = [
      pem,
      publicKey.export({ type: 'pkcs1', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64'),
    ];
    for (const key of keys) {
      const scope = { params: { x: '密码' }, page: { key } };
      const opened = (filter: string, options: object) =>
        privateDecrypt(
          { key: privateKey, ...options },
          Buffer.from(render(`{{params.x | ${filter}}}`, scope), 'base64'),
        ).toString();
      expect(opened('rsa: page.key', { padding: constants.RSA_PKCS1_PADDING })).toBe('密码');
      expect(opened('rsa_oaep: page.key', { padding: constants.RSA_PKCS1_OAEP_PADDING })).toBe('密码');
      expect(opened("rsa_oaep: page.key, 'sha256'", { oaepHash: 'sha256' })).toBe('密码');
    }
    // Never the same twice.
    const scope = { params: { x: 'a' }, page: { key: pem } };
    expect(render('{{params.x | rsa: page.key}}', scope)).not.toBe(
      render('{{params.x | rsa: page.key}}', scope),
    );
  });

  it('sm2, as GM/T 0003.5 orders its bytes', () => {
    const privateKey = '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8';
    const publicKey =
      '09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13';
    // Its annex C, without the 04 before its point (whose x begins with 04, too): the library opens the standard's own.
    const standard =
      '04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd876621886ca989ca9c7d58087307ca93092d651efa';
    expect(sm2.doDecrypt(standard, privateKey, 1)).toBe('encryption standard');
    for (const key of [publicKey, `04${publicKey.toUpperCase()}`]) {
      const hex = render('{{params.x | sm2: page.key | hex}}', { params: { x: '密码' }, page: { key } });
      expect(hex).toMatch(/^04[0-9a-f]+$/);
      expect(sm2.doDecrypt(hex.slice(2), privateKey, 1)).toBe('密码');
    }
  });

  it.each([
    ['aes_cbc: settings.iv, settings.key32', 'the iv of aes_cbc must have 16 bytes'],
    ["aes_ecb: 'short'", 'the key of aes_ecb must have 16, 24 or 32 bytes'],
    ["sm4_ecb: 'short'", 'the key of sm4_ecb must have 16 bytes'],
    ["rsa: 'AAAA'", 'no RSA public key'],
    ["sm2: '04ff'", 'the key of sm2 must be'],
    [`sm2: '${'f'.repeat(128)}'`, 'no point of its curve'],
    ['slice: settings.iv', 'slice needs whole numbers'],
    ['totp', 'totp needs a secret in base32'],
  ])('%s tells what is wrong, and never a value', (filter, why) => {
    const scope = { ...SCOPE, credentials: { x: 'open-sesame-1' } };
    expect(() => render(`{{credentials.x | ${filter}}}`, scope)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_ERROR', message: expect.stringContaining(why) }),
    );
    expect(() => render(`{{credentials.x | ${filter}}}`, scope)).not.toThrow('open-sesame-1');
  });
});

describe('totp', () => {
  it.each([
    // RFC 6238 appendix B, the last six of eight digits.
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %d s is %s', (seconds, code) => {
    for (const secret of [
      'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      'gezd gnbv gy3t qojq gezd gnbv gy3t qojq ===',
    ]) {
      const scope = { credentials: { seed: secret }, now: momentOf(seconds * 1_000) };
      expect(render('{{credentials.seed | totp}}', scope)).toBe(code);
    }
  });
});

describe('what filters make of a value', () => {
  it('is told with all that it is made of, values and arguments', () => {
    const told: [string, string[]][] = [];
    const derived = {
      add: (text: string, sources: readonly Source[]) =>
        void told.push([text, sources.map(({ root, name, value }) => `${root}.${name}=${String(value)}`)]),
    };
    const scope = { ...SCOPE, derived };
    const made = [
      render('{{credentials.password | md5}}', scope),
      render('{{params.x | hmac_sha1: credentials.password | base64}}', scope),
    ];
    render('{{credentials.user}}', scope);
    expect(told).toEqual([
      [made[0], ['credentials.password=open sesame']],
      [made[1], ['params.x=abc', 'credentials.password=open sesame']],
    ]);
  });

  it.each<[Source, boolean]>([
    [{ root: 'credentials', name: 'password', value: 'x' }, true],
    [{ root: 'credentials', name: 'username', value: 'x' }, false],
    [{ root: 'ask', name: 'smsCode', value: '1' }, true],
    [{ root: 'session', name: 'access', value: 'eyJhbGciOi.J9x0' + 'y'.repeat(9) }, true],
    [{ root: 'session', name: 'department', value: 'Pumps' }, false],
    [{ root: 'cookie', name: 'sid', value: 'browser-sid-4712' }, true],
    [{ root: 'cookie', name: 'csrftoken', value: 'a1'.repeat(20) }, false],
    [{ root: 'params', name: 'password', value: 'of the caller' }, false],
    [{ root: 'session', name: 'token', value: 7 }, false],
  ])('is as secret as %j: %s', (source, secret) => {
    expect(isSecretSource(source)).toBe(secret);
  });
});

describe('a template is refused', () => {
  it.each([
    ['{{params.x | md6}}', 'there is no filter md6'],
    ['{{params.x | constructor}}', 'there is no filter constructor'],
    ['{{params.x |}}', '"|" must be followed by a filter'],
    ['{{params.x md5}}', 'a filter follows after "|"'],
    ["{{params.x | md5: 'a'}}", 'md5 takes no argument'],
    ['{{params.x | append}}', 'append takes 1 argument'],
    ["{{params.x | aes_cbc: 'k'}}", 'aes_cbc takes 2 arguments'],
    ['{{params.x | slice}}', 'slice takes 1 to 2 arguments'],
    ["{{params.x | slice: 'a', 'b'}}", 'slice takes whole numbers'],
    ['{{params.x | append:}}', 'an argument is missing'],
    ["{{params.x | replace: 'a',}}", 'an argument is missing'],
    ['{{params.x | append: salt}}', 'or be quoted text'],
    ["{{'text' | md5}}", 'must begin with a name'],
    ["{{params.x | append: 'a}}", 'is not a name'],
    ['{{now.ms?}}', 'may be optional'],
    ['{{signature.x}}', 'only {{signature}} is known'],
    ['{{random.number}}', '{{random.uuid}}, {{random.hex32}} are known'],
  ])('%s', (template, why) => {
    expect(checkTemplate(template)).toContain(why);
  });

  it.each([
    '{{params.x|md5|upper}}',
    "{{ params.x | append:'a:b' }}",
    '{{params.xml:lang}}',
    '{{cookie.a:b | slice:1,2}}',
  ])('but not %s', (template) => {
    expect(checkTemplate(template)).toBeUndefined();
  });
});
