import { describe, expect, it } from 'vitest';
import { recordOf } from '../../../lib/partners/delivery-record.ts';
import type { DeliveryFacts, Outcome } from '../../../lib/partners/delivery-record.ts';
import { WebhookRefused } from '../../../lib/partners/reply.ts';
import { parseExact } from '../../../lib/text/json/exact.ts';

const done = (replayed = false): Outcome => ({ dataText: '{}', replayed, pending: false });
const rest = {
  id: 'd1',
  at: '2026-11-21T04:00:00.000Z',
  service: 'URS',
  source: '192.0.2.1',
  status: 200,
  durationMs: 3,
  requestId: 'r1',
};
const record = (facts: Partial<DeliveryFacts> = {}, outcome = done(), status = 200) =>
  recordOf({ action: 'deposit', ...facts }, outcome, { ...rest, status });

describe('the record of a delivery', () => {
  it('has nothing of what did not become known', () => {
    expect(record()).toStrictEqual({ ...rest, action: 'deposit', verdict: 'accepted' });
  });

  it('has what did', () => {
    const facts = { keyVersionId: 'v1', transactionId: 'tx', payload: parseExact('{"n":1.0}') };
    expect(record(facts)).toStrictEqual({
      ...rest,
      action: 'deposit',
      verdict: 'accepted',
      keyVersionId: 'v1',
      transactionId: 'tx',
      payload: '{"n":1.0}',
    });
  });

  it.each([
    [done(true), 200, 'replayed'],
    [done(), 200, 'accepted'],
    [new WebhookRefused('WEBHOOK_REJECTED', 'No.'), 401, 'rejected'],
    [new WebhookRefused('NOT_FOUND', 'No.'), 404, 'refused'],
    [new WebhookRefused('VALIDATION_FAILED', 'No.'), 499, 'refused'],
    [new WebhookRefused('INTERNAL', 'No.'), 500, 'failed'],
    [new WebhookRefused('STORE_UNAVAILABLE', 'No.'), 503, 'failed'],
  ])('says how it ended: %#', (outcome, status, verdict) => {
    expect(record({}, outcome, status).verdict).toBe(verdict);
  });

  it('has the code and the cause of a refusal', () => {
    const refused = new WebhookRefused('WEBHOOK_REJECTED', 'No.', { internalCause: 'SIGNATURE' });
    expect(record({}, refused, 401)).toMatchObject({ code: 'WEBHOOK_REJECTED', cause: 'SIGNATURE' });
  });

  it('holds no more of a word than may be one', () => {
    const long = record({ action: 'a'.repeat(65), transactionId: 't'.repeat(129) });
    expect([long.action, long.transactionId]).toEqual(['a'.repeat(64), 't'.repeat(128)]);
  });

  it('holds no secret, by its name or by its value', () => {
    // Nothing but the value itself tells that the note quotes the key.
    const payload = parseExact('{"password":"p","note":"sealed by the-app-key-of-urs"}');
    const text = record({ payload, secrets: ['the-app-key-of-urs'] }).payload!;
    expect(text).toContain('"note":"sealed by ');
    expect(text).not.toContain('"p"');
    expect(text).not.toContain('the-app-key-of-urs');
  });
});
