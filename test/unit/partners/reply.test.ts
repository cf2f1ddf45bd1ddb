import { describe, expect, it } from 'vitest';
import { WebhookRefused, jsonReplies } from '../../../lib/partners/reply.ts';
import type { WebhookCode } from '../../../lib/partners/reply.ts';

const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

describe('an answer of success', () => {
  it('holds the text of what was done, digit for digit', () => {
    expect(jsonReplies.success('{"userId":9007199254740993}', { replayed: false, pending: false })).toEqual({
      status: 200,
      headers,
      body: '{"success":true,"data":{"userId":9007199254740993}}',
    });
  });

  it('says when it is the first answer again', () => {
    expect(jsonReplies.success('{}', { replayed: true, pending: false }).body).toBe(
      '{"success":true,"data":{},"replayed":true}',
    );
  });
});

describe('a refusal', () => {
  it.each<[WebhookCode, number]>([
    ['WEBHOOK_REJECTED', 401],
    ['NOT_FOUND', 404],
    ['VALIDATION_FAILED', 422],
    ['INSUFFICIENT_FUNDS', 422],
    ['IDEMPOTENCY_MISMATCH', 409],
    ['RATE_LIMITED', 429],
    ['PAYLOAD_TOO_LARGE', 413],
    ['UNSUPPORTED_MEDIA_TYPE', 415],
    ['CONFIGURATION_ERROR', 500],
    ['SERVICE_UNAVAILABLE', 503],
    ['STORE_UNAVAILABLE', 503],
    ['INTERNAL', 500],
  ])('%s has status %d', (code, status) => {
    const reply = jsonReplies.refusal(new WebhookRefused(code, 'No.'), { reveal: false });
    expect(reply).toEqual({
      status,
      headers,
      body: JSON.stringify({ success: false, code, error: 'No.' }),
    });
  });

  it('names the field, and its cause only to a service that is being tested', () => {
    const refused = new WebhookRefused('VALIDATION_FAILED', 'No.', {
      field: 'f',
      internalCause: 'SIGNATURE',
    });
    const body = (reveal: boolean) => JSON.parse(jsonReplies.refusal(refused, { reveal }).body) as unknown;
    const told = { success: false, code: 'VALIDATION_FAILED', error: 'No.', field: 'f' };
    expect(body(false)).toEqual(told);
    expect(body(true)).toEqual({ ...told, cause: 'SIGNATURE' });
    const causeless = new WebhookRefused('INTERNAL', 'No.');
    expect(jsonReplies.refusal(causeless, { reveal: true }).body).not.toContain('cause');
  });

  it.each([
    [0, '1'],
    [0.2, '1'],
    [1, '1'],
    [1.2, '2'],
    [60, '60'],
  ])('to be sent again after %d s says so in whole seconds: %s', (retryAfterSeconds, seconds) => {
    const refused = new WebhookRefused('RATE_LIMITED', 'No.', { retryAfterSeconds });
    expect(jsonReplies.refusal(refused, { reveal: false }).headers).toEqual({
      ...headers,
      'retry-after': seconds,
    });
  });

  it('is an error of its own name', () => {
    expect(String(new WebhookRefused('INTERNAL', 'No.'))).toBe('WebhookRefused: No.');
  });
});
