import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExact } from '../../../../lib/text/json/exact.ts';
import {
  envelopeKey,
  openEnvelope,
  prepareKey,
  sealEnvelope,
} from '../../../../lib/partners/urs/envelope.ts';
import { APP_KEY, causeOf, counted, IV, KEY, NOW, open, sealedBytes, signed, signOf } from './sealed.ts';

interface Vector {
  name: string;
  key: string;
  now: number;
  timeoutSeconds: number;
  envelope: unknown;
  plaintext?: string;
  error?: string;
}

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/urs-envelope.json'), 'utf8'),
) as { valid: Vector[]; invalid: Vector[] };

const optionsOf = ({ key, now, timeoutSeconds }: Vector) => ({
  keys: [prepareKey(key, 'v1')],
  nowSeconds: now,
  windowSeconds: timeoutSeconds,
});

describe('what PHP sealed', () => {
  test.each(vectors.valid)('E10, E13, E14: $name', (vector) => {
    const exact = parseExact(JSON.stringify(vector.envelope));
    for (const envelope of [vector.envelope, exact]) {
      expect(openEnvelope(envelope, optionsOf(vector))).toEqual({
        text: vector.plaintext,
        keyVersionId: 'v1',
      });
    }
  });

  test.each(vectors.invalid)('$error: $name', (vector) => {
    expect(causeOf(() => openEnvelope(vector.envelope, optionsOf(vector)))).toBe(vector.error);
  });
});

describe('round trips', () => {
  const anyKey = fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' });
  const anyIv = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));

  test('E10: whatever is sealed opens to the same text', () => {
    fc.assert(
      fc.property(
        fc.json(),
        anyKey,
        anyIv,
        fc.integer({ min: -300, max: 300 }),
        (text, appKey, iv, drift) => {
          const key = prepareKey(appKey, 'v1');
          const envelope = sealEnvelope(text, key, { nowSeconds: NOW, iv });
          expect(open(envelope, [key], NOW + drift).text).toBe(text);
          expect(envelope.sign).toBe(signOf(envelope.data, envelope.iv, NOW, appKey));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('another key never opens it', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (one, other) => {
        fc.pre(one !== other);
        const envelope = sealEnvelope('{}', prepareKey(one, 'v1'), { nowSeconds: NOW, iv: IV });
        expect(causeOf(() => open(envelope, [prepareKey(other, 'v2')]))).toBe('SIGNATURE');
      }),
      { numRuns: 100 },
    );
  });

  test('E2: any single bit flipped is refused, and the decipher never called', () => {
    const key = counted(KEY);
    const fields = ['data', 'iv', 'timestamp', 'sign'] as const;
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(...fields), fc.nat(), fc.nat(7), (text, field, at, bit) => {
        const envelope = sealEnvelope(text, KEY, { nowSeconds: NOW, iv: IV });
        const asText: Record<string, string> = { ...envelope, timestamp: String(envelope.timestamp) };
        const bytes = Buffer.from(asText[field]!, 'latin1');
        bytes[at % bytes.length]! ^= 1 << bit;
        const flipped = { ...asText, [field]: bytes.toString('latin1') };
        // Of the last character before padding some bits say nothing: base64 must then not be canonical.
        expect(causeOf(() => open(flipped, [key]))).toMatch(/^(?:MALFORMED|EXPIRED|SIGNATURE)$/);
      }),
      { numRuns: 2_000 },
    );
    expect(key.decrypts).toBe(0);
  });
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['text', 'data'],
  ['a list', [signed('A'.repeat(64))]],
  ['an empty object', {}],
  ['data in a list', { ...signed('A'.repeat(64)), data: ['A'.repeat(64)] }],
  ['iv an object', { ...signed('A'.repeat(64)), iv: {} }],
  ['fields of a prototype', Object.create(signed('A'.repeat(64))) as unknown],
  [
    'fields under __proto__',
    JSON.parse(`{"__proto__":${JSON.stringify(signed('A'.repeat(64)))}}`) as unknown,
  ],
])('E1, E12: %s is malformed', (_, input) => {
  expect(causeOf(() => open(input))).toBe('MALFORMED');
});

test('E1: a megabyte in any field is refused without being decrypted', () => {
  const long = 'A'.repeat(1_048_576);
  const key = counted(KEY);
  const good = sealedBytes(Buffer.from('{}'));
  expect(causeOf(() => open({ ...good, data: long }, [key]))).toBe('SIGNATURE');
  expect(causeOf(() => open({ ...good, iv: long }, [key]))).toBe('MALFORMED');
  expect(causeOf(() => open({ ...good, timestamp: '1'.repeat(1_048_576) }, [key]))).toBe('MALFORMED');
  expect(causeOf(() => open({ ...good, sign: long }, [key]))).toBe('SIGNATURE');
  expect(key.decrypts).toBe(0);
});

test('E2: a sign that is another letter’s case, shorter, longer, or of wide characters', () => {
  const good = sealedBytes(Buffer.from('{}'));
  // U+0130 and so on: the low byte of each is the right digit.
  const wide = Buffer.from(good.sign, 'latin1').reduce(
    (text, byte) => text + String.fromCharCode(0x100 + byte),
    '',
  );
  for (const sign of [
    good.sign.toUpperCase(),
    '',
    good.sign.slice(1),
    `${good.sign} `,
    wide,
    '0'.repeat(64),
  ]) {
    expect(causeOf(() => open({ ...good, sign }))).toBe('SIGNATURE');
  }
});

test('E3: rightly signed but wrong inside: one message, one class, no detail', () => {
  const wrong = [
    signed(Buffer.alloc(32, 7).toString('base64')),
    sealedBytes(Buffer.from('no JSON')),
    sealedBytes(Buffer.from([0x22, 0xff, 0x22])),
    { ...sealedBytes(Buffer.from('{}')), sign: '' },
  ];
  const refusals = wrong.map((envelope) => {
    try {
      return open(envelope);
    } catch (error) {
      return error as Error;
    }
  });
  expect(refusals.map((error) => `${(error as Error).name}: ${(error as Error).message}`)).toEqual(
    wrong.map(() => 'EnvelopeRejected: The envelope is invalid.'),
  );
  expect(refusals.map((refusal) => (refusal as Error).cause)).toEqual([
    'CIPHERTEXT',
    'JSON',
    'JSON',
    'SIGNATURE',
  ]);
});

test('E4: characters moved across a border keep the sign and lose the shape', () => {
  const key = counted(KEY);
  const { data, iv, sign } = sealedBytes(Buffer.from('{"userId":1}'));
  const whole = `${data}${iv}${NOW}`;
  let tried = 0;
  for (let a = 0; a <= whole.length; a += 1) {
    for (let b = a; b <= whole.length; b += 1) {
      const moved = { data: whole.slice(0, a), iv: whole.slice(a, b), timestamp: whole.slice(b), sign };
      if (moved.data === data && moved.iv === iv) continue;
      tried += 1;
      expect(causeOf(() => open(moved, [key]))).toBe('MALFORMED');
    }
  }
  expect(tried).toBeGreaterThan(1_000);
  expect([key.signs, key.decrypts]).toEqual([0, 0]);
});

test('E4: data that ends in whole blocks of its own and an iv of the rest', () => {
  // 24 characters are an iv: a second one before it could be taken for data, were data not whole blocks.
  const { data, iv, sign } = sealedBytes(Buffer.from('{}'));
  expect(causeOf(() => open({ data: '', iv: data, timestamp: `${iv}${NOW}`, sign }))).toBe('MALFORMED');
});

test.each([
  '1767225600abc',
  '1e9',
  ' 1767225600',
  '1767225600 ',
  '+1767225600',
  '１７６７２２５６００',
  '0767225600',
  '1767225600.0',
  '1767225600000',
  '',
  1767225600.5,
  1_767_225_600_000,
  -1767225600,
  0,
  Number.NaN,
  Infinity,
  true,
  null,
  [1767225600],
  { seconds: 1767225600 },
])('E5: timestamp %j', (timestamp) => {
  const data = sealedBytes(Buffer.from('{}')).data;
  const envelope = signed(data, undefined, timestamp as string);
  expect(causeOf(() => open({ ...envelope, timestamp }))).toBe('MALFORMED');
});

test('E5: a float that is an integer is told from one by its source', () => {
  const text = JSON.stringify(sealedBytes(Buffer.from('{}')));
  expect(open(parseExact(text)).text).toBe('{}');
  for (const source of ['1767225600.0', '1.7672256e9', '17672256e2', '-0']) {
    expect(causeOf(() => open(parseExact(text.replace(`:${NOW}`, `:${source}`))))).toBe('MALFORMED');
  }
  expect(open({ ...sealedBytes(Buffer.from('{}')), timestamp: String(NOW) }).text).toBe('{}');
});

test.each([
  [300, '{}'],
  [-300, '{}'],
  [301, 'EXPIRED'],
  [-301, 'EXPIRED'],
])('E6: %i s away', (drift, outcome) => {
  const envelope = sealedBytes(Buffer.from('{}'));
  const key = counted(KEY);
  const found = causeOf(() => open(envelope, [key], NOW + drift));
  expect(typeof found === 'string' ? found : (found as { text: string }).text).toBe(outcome);
  // What has expired is not even hashed.
  expect([key.signs, key.decrypts]).toEqual(outcome === 'EXPIRED' ? [0, 0] : [1, 1]);
});

test('E6: a window that is no number lets nothing in', () => {
  const options = { keys: [KEY], nowSeconds: NOW, windowSeconds: Number.NaN };
  expect(causeOf(() => openEnvelope(sealedBytes(Buffer.from('{}')), options))).toBe('EXPIRED');
});

test.each([1, 20, 31, 32, 33, 64])('E10: a key of %i bytes', (length) => {
  const appKey = 'k'.repeat(length - 1) + '!';
  const envelope = sealEnvelope('{"a":1}', prepareKey(appKey, 'v1'), { nowSeconds: NOW, iv: IV });
  expect(open(envelope, [prepareKey(appKey, 'v1')]).text).toBe('{"a":1}');
  // The sign sees what AES cuts off or pads.
  for (const near of [`${appKey}x`, `${appKey}\0`, appKey.slice(0, -1)]) {
    expect(causeOf(() => open(envelope, [prepareKey(near, 'v1')]))).toBe('SIGNATURE');
  }
});

test('E11: base64 that is not canonical, rightly signed', () => {
  const { data, iv } = sealedBytes(Buffer.from('{"a":"????>>>>"}'));
  const bad = [
    `${data} `,
    ` ${data}`,
    `${data.slice(0, 8)}\n${data.slice(8)}`,
    data.replace(/=+$/, ''),
    `${data}=`,
    `${data}A===`,
    `${data.slice(0, -4)}*${data.slice(-3)}`,
    `${data.slice(0, -4)}-_${data.slice(-2)}`,
  ];
  for (const text of bad) expect([text, causeOf(() => open(signed(text, iv)))]).toEqual([text, 'MALFORMED']);
  // "fg==" and "fh==" are the same byte, written with other spare bits.
  for (const text of [
    iv.replace('fg==', 'fh=='),
    iv.slice(0, -2),
    `${iv}=`,
    'A'.repeat(24),
    '_'.repeat(22) + '==',
  ]) {
    expect([text, causeOf(() => open(signed(data, text)))]).toEqual([text, 'MALFORMED']);
  }
});

test('E11: any change to base64 that decodes to the same bytes, or to other ones by accident, is seen', () => {
  const junk = fc.constantFrom('=', '-', '_', ' ', '\n', '\0', '.', 'A', '/', '\u0141', '\u012b', 'é', '🌾');
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 48 }),
      fc.nat(),
      fc.nat(2),
      junk,
      (raw, at, cut, char) => {
        const iv = Buffer.from(raw).toString('base64');
        const where = at % (iv.length + 1);
        const changed = iv.slice(0, where) + char + iv.slice(where + cut);
        const bytes = Buffer.from(changed, 'base64');
        const canonical = bytes.length === 16 && bytes.toString('base64') === changed;
        const { data } = sealedBytes(Buffer.from('{}'));
        const outcome = causeOf(() => open({ data, iv: changed, timestamp: NOW, sign: '' }));
        expect([changed, outcome]).toEqual([changed, canonical ? 'SIGNATURE' : 'MALFORMED']);
      },
    ),
    { numRuns: 3_000 },
  );
});

test('E12: hostile JSON inside is inert or refused', () => {
  expect(open(sealedBytes(Buffer.from('{"__proto__":{"admin":true},"constructor":1}'))).text).toContain(
    '__proto__',
  );
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
  for (const deep of [
    '['.repeat(100_000) + ']'.repeat(100_000),
    '{"a":'.repeat(513) + '1' + '}'.repeat(513),
    '[{"a":'.repeat(256) + '[1]' + '}]'.repeat(256),
  ]) {
    expect(causeOf(() => open(sealedBytes(Buffer.from(deep))))).toBe('JSON');
  }
  const edge = '['.repeat(512) + ']'.repeat(512);
  expect(open(sealedBytes(Buffer.from(edge))).text).toBe(edge);
  const wide = `[${'[],'.repeat(2_000)}[]]`;
  expect(open(sealedBytes(Buffer.from(wide))).text).toBe(wide);
});

test.each<[string, Buffer]>([
  ['a byte that is none of UTF-8', Buffer.from([0x22, 0x80, 0x22])],
  ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ['a surrogate as bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['a byte order mark', Buffer.from('\ufeff{}')],
  ['a lone surrogate, escaped', Buffer.from(String.raw`{"a":"\ud800"}`)],
  ['a raw NUL', Buffer.from('{"a":"\0"}')],
  ['nothing', Buffer.alloc(0)],
])('E14: %s is refused, as PHP does', (_, bytes) => {
  expect(causeOf(() => open(sealedBytes(bytes)))).toBe('JSON');
});

test('E14: what PHP reads is read', () => {
  for (const text of ['"\u2028"', String.raw`"\u0000"`, String.raw`"\ud83c\udf3e 🌾"`]) {
    expect(open(sealedBytes(Buffer.from(text))).text).toBe(text);
  }
});

test('E15: both keys hold during a rotation, and which one did is told; after it, one', () => {
  const [old, current] = [prepareKey('old key', 'v1'), prepareKey('new key', 'v2')];
  const envelope = sealEnvelope('{}', old, { nowSeconds: NOW, iv: IV });
  const keys = [counted(current), counted(old)] as const;
  expect(open(envelope, keys)).toEqual({ text: '{}', keyVersionId: 'v1' });
  expect(keys.map(({ decrypts }) => decrypts)).toEqual([0, 1]);
  expect(causeOf(() => open(envelope, [current]))).toBe('SIGNATURE');
  expect(causeOf(() => open(envelope, []))).toBe('SIGNATURE');
});

test('a key is prepared once per version, and shows nothing of itself', () => {
  const version = { versionId: 'v7', values: { appKey: APP_KEY } };
  const key = envelopeKey('URS', version);
  expect(envelopeKey('URS', version)).toBe(key);
  expect(JSON.stringify(key)).toBe('{"versionId":"v7"}');
  expect(() => envelopeKey('URS', { versionId: 'v8', values: { password: 'x' } })).toThrow(
    'URS: {{credentials.appKey}} is missing.',
  );
});
