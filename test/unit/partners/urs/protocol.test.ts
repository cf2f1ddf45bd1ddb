import { describe, expect, it } from 'vitest';
import type { CredentialVersion } from '../../../../lib/access/credentials/credentials.ts';
import { urs } from '../../../../lib/partners/urs/protocol.ts';
import { parseExact } from '../../../../lib/text/json/exact.ts';
import { APP_KEY, causeOf, NOW, sealedBytes } from './sealed.ts';

const config = { type: 'URS' } as const;
const envelope = sealedBytes(Buffer.from('{"transactionId":"tx","amount":1.0}'));
const body = Buffer.from(JSON.stringify(envelope));
const request = (given: { action?: string; headers?: Record<string, string>; body?: Buffer } = {}) => ({
  action: 'deposit',
  headers: {},
  body,
  ...given,
});
const read = (given?: Parameters<typeof request>[0]) => urs.read(request(given), config);
const versions: CredentialVersion[] = [{ versionId: 'v1', values: { appKey: APP_KEY } }];
const proof = { code: 'URS', versions, nowSeconds: NOW, windowSeconds: 300 };
const verify = (bytes: Buffer) =>
  urs.verify(read({ body: Buffer.from(JSON.stringify(sealedBytes(bytes))) }), proof, config);
const event = (payload: string) =>
  urs.event({ payload: parseExact(payload), keyVersionId: 'v1' }, request(), config);

it('is told by its type, and needs a key', () => {
  expect(urs.schema.parse({ type: 'URS' })).toEqual({ type: 'URS' });
  expect(urs.credentials).toEqual(['appKey']);
});

describe('reading a request', () => {
  it.each(['deposit', 'withdraw', 'check', 'register'])('takes the action %s', (action) => {
    expect(read({ action })).toMatchObject({ timestamp: NOW, sign: envelope.sign });
  });

  it.each(['', 'refund', 'toString', '__proto__'])('knows no action %j', (action) => {
    expect(() => read({ action })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND', message: 'Action not found.' }),
    );
  });

  it.each([
    undefined,
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/json ;charset=utf-8',
    'application/vnd.api+json',
  ])('takes a body of type %s', (type) => {
    expect(read({ headers: type === undefined ? {} : { 'content-type': type } }).sign).toBe(envelope.sign);
  });

  it.each([
    'text/plain',
    'text/application/json',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/ /+json',
    '',
  ])('E17: refuses a body of type %j', (type) => {
    for (const noEnvelope of [{}, { 'x-encrypted-data': '' }]) {
      expect(() => read({ headers: { 'content-type': type, ...noEnvelope } })).toThrow(
        expect.objectContaining({
          code: 'UNSUPPORTED_MEDIA_TYPE',
          message: 'Send the envelope as application/json.',
        }),
      );
    }
  });

  it('asks for no type of body when the envelope is in the headers', () => {
    const headers = { 'x-encrypted-data': JSON.stringify(envelope), 'content-type': 'text/plain' };
    expect(read({ headers, body: Buffer.from('anything') }).sign).toBe(envelope.sign);
  });

  it('E14: refuses bytes that are no UTF-8, wherever in the body they are', () => {
    const spoilt = Buffer.from(JSON.stringify({ ...envelope, note: '?' }));
    spoilt[spoilt.lastIndexOf('?')] = 0xff;
    expect(causeOf(() => read({ body: spoilt }))).toBe('MALFORMED');
  });
});

describe('verifying', () => {
  it('gives the payload with its digits, and whose key held', () => {
    expect(urs.verify(read(), proof, config)).toEqual({
      payload: parseExact('{"transactionId":"tx","amount":1.0}'),
      keyVersionId: 'v1',
      sentAt: NOW,
    });
  });

  it('keeps to the window', () => {
    const late = { ...proof, nowSeconds: NOW + 301 };
    expect(causeOf(() => urs.verify(read(), late, config))).toBe('EXPIRED');
    expect(causeOf(() => urs.verify(read(), { ...late, windowSeconds: 301 }, config))).toMatchObject({
      keyVersionId: 'v1',
    });
  });

  it('E3: refuses what is rightly signed and no JSON', () => {
    expect(causeOf(() => verify(Buffer.from('{"a":')))).toBe('JSON');
  });
});

describe('an event', () => {
  it.each([
    ['text', '"tx-1"', 'tx-1'],
    ['a number, by its digits', '12345678901234567890', '12345678901234567890'],
  ])('is found by a transactionId that is %s', (_, written, transactionId) => {
    expect(event(`{"transactionId":${written}}`)).toEqual({
      action: 'deposit',
      payload: parseExact(`{"transactionId":${written}}`),
      transactionId,
    });
  });

  it.each(['{}', '{"transactionId":null}', '{"transactionId":["tx"]}'])('is found by no id in %s', (text) => {
    expect(Object.keys(event(text))).toEqual(['action', 'payload']);
  });

  it.each(['[]', '1', '"text"', 'null'])('is refused for the payload %s', (text) => {
    expect(() => event(text)).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED', field: 'payload' }),
    );
  });
});
