import { expect, test } from 'vitest';
import {
  envelopeHeaders,
  readEnvelope,
  readPlacement,
} from '../../../../lib/partners/urs/envelope-placement.ts';
import { sealEnvelope } from '../../../../lib/partners/urs/envelope.ts';
import { causeOf, IV, KEY, NOW, open } from './sealed.ts';

const envelope = sealEnvelope('{"a":1.0}', KEY, { nowSeconds: NOW, iv: IV });
const other = sealEnvelope('{"a":2}', KEY, { nowSeconds: NOW, iv: IV });
const body = JSON.stringify(envelope);
const headers = envelopeHeaders(envelope);
const read = (given: Record<string, string>, text: string) => open(readPlacement(given, text)).text;

test.each<[string, Record<string, string>, string]>([
  ['in the body', {}, body],
  ['in the body, as PHP writes it', {}, body.replaceAll('/', String.raw`\/`)],
  ['in the headers', headers, ''],
  ['in both', headers, body],
  ['in both, the timestamp once as text', headers, JSON.stringify({ ...envelope, timestamp: String(NOW) })],
  ['in one header', { 'x-encrypted-data': body }, ''],
  [
    'in the body, with the two small headers',
    { 'x-timestamp': String(NOW), 'x-signature': envelope.sign },
    body,
  ],
  ['in the headers, beside a body of something else', headers, '{"userId":1}'],
  ['in the headers, beside a form', headers, 'a=1'],
  ['in the body, beside an empty header', { 'x-encrypted-data': '' }, body],
  ['with a field of nobody’s', {}, JSON.stringify({ ...envelope, version: '1.0' })],
])('%s', (_, given, text) => {
  expect(read(given, text)).toBe('{"a":1.0}');
});

test.each<[string, Record<string, string>, string]>([
  ['nowhere', {}, ''],
  ['no JSON', {}, 'data=1'],
  ['a byte order mark', {}, `\ufeff${body}`],
  ['a list', {}, `[${body}]`],
  ['E12: nested 100,000 deep', {}, '['.repeat(100_000)],
  ['E12: under __proto__', {}, `{"__proto__":${body}}`],
  ['a header that is no JSON', { ...headers, 'x-encrypted-data': envelope.data }, body],
  ['two of them that differ', headers, JSON.stringify(other)],
  ['another timestamp in the header', { ...headers, 'x-timestamp': String(NOW + 1) }, ''],
  ['another timestamp beside a body', { 'x-timestamp': String(NOW + 1) }, body],
  ['a spaced timestamp in the header', { ...headers, 'x-timestamp': ` ${NOW}` }, ''],
  ['another sign in the header', { ...headers, 'x-signature': other.sign }, ''],
  ['a header sent twice', { ...headers, 'x-signature': `${envelope.sign}, ${envelope.sign}` }, ''],
])('malformed: %s', (_, given, text) => {
  expect(causeOf(() => read(given, text))).toBe('MALFORMED');
});

const { timestamp: _, ...timeless } = envelope;
test.each<[string, Record<string, string>, string]>([
  ['no JSON', {}, '{'],
  ['a header that is no JSON', { 'x-encrypted-data': '{' }, ''],
  ['null beside a header that says more', { 'x-timestamp': String(NOW) }, 'null'],
  ['a list beside a header that says more', { 'x-signature': envelope.sign }, `[${body}]`],
  [
    'two of them without a timestamp',
    { 'x-encrypted-data': JSON.stringify(timeless) },
    JSON.stringify(timeless),
  ],
  [
    'two of them that agree on a sign that is none',
    { 'x-encrypted-data': JSON.stringify({ ...envelope, sign: true }) },
    JSON.stringify({ ...envelope, sign: true }),
  ],
])('malformed where it stands, whoever reads it: %s', (_, given, text) => {
  expect(causeOf(() => readPlacement(given, text))).toBe('MALFORMED');
});

test('an answer is an envelope, or something else', () => {
  expect(readEnvelope(body)).toBeDefined();
  for (const text of ['', 'null', '[]', '"data"', '{"success":true,"data":{"iv":1}}', '<html>', '1']) {
    expect(readEnvelope(text)).toBeUndefined();
  }
});
