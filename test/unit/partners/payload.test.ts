import { describe, expect, it } from 'vitest';
import { amountOf, objectOf, transactionIdOf, userIdOf } from '../../../lib/partners/payload.ts';
import { WebhookRefused } from '../../../lib/partners/reply.ts';
import { parseExact } from '../../../lib/text/json/exact.ts';

const json = (text: string) => parseExact(text);

/** What the partner reads. */
function refusal(run: () => unknown): string {
  try {
    return `answered: ${String(run())}`;
  } catch (error) {
    if (!(error instanceof WebhookRefused)) throw error;
    const namesField = error.code === 'VALIDATION_FAILED' && error.message.startsWith(`${error.field} `);
    return namesField ? error.message : `without its field: ${error.message}`;
  }
}

it.each(['[]', '1', '"x"', 'null', 'true'])('a payload is an object, not %s', (text) => {
  expect(refusal(() => objectOf(json(text)))).toBe('payload must be an object.');
});

it('a payload is handed on as it is', () => {
  const payload = json('{"a":1}');
  expect(objectOf(payload)).toBe(payload);
});

describe('a user id', () => {
  it.each([
    ['10002', 10_002],
    ['"10002"', 10_002],
  ])('may be written %s', (text, id) => {
    expect(userIdOf(json(text), 'userId')).toBe(id);
  });

  it.each(['0', '1.0', '"x"', 'null'])('is none in %s', (text) => {
    expect(refusal(() => userIdOf(json(text), 'userId'))).toBe(
      'userId must be a positive integer below 2^53.',
    );
  });

  it('that is missing is named', () => {
    expect(refusal(() => userIdOf(undefined, 'who'))).toBe('who is missing.');
  });
});

describe('an amount', () => {
  it.each([
    ['0.0000000001', 1n],
    ['"10.50"', 105_000_000_000n],
    ['1e-10', 1n],
  ])('may be written %s', (text, units) => {
    expect(amountOf(json(text), 'usdtAmount')).toBe(units);
  });

  it.each([
    ['null', 'must be a number or a decimal string'],
    ['true', 'must be a number or a decimal string'],
    ['[1]', 'must be a number or a decimal string'],
    ['"ten"', 'is not a decimal number'],
    ['0.00000000001', 'has more than 10 decimals'],
    ['0', 'must be greater than zero'],
    ['-0.0', 'must be greater than zero'],
    ['-1', 'must be greater than zero'],
  ])('E13: is none in %s', (text, problem) => {
    expect(refusal(() => amountOf(json(text), 'usdtAmount'))).toBe(`usdtAmount ${problem}.`);
  });

  it('that is missing is named', () => {
    expect(refusal(() => amountOf(undefined, 'a'))).toBe('a is missing.');
  });
});

describe('a transaction id', () => {
  it.each([
    ['"tx-1"', 'tx-1'],
    ['" tx "', ' tx '],
    ['"订单"', '订单'],
    ['12345678901234567890', '12345678901234567890'],
    ['9'.repeat(32), '9'.repeat(32)],
    [`"${'x'.repeat(128)}"`, 'x'.repeat(128)],
  ])('may be written %s', (text, id) => {
    expect(transactionIdOf(json(text), 'transactionId')).toBe(id);
  });

  it.each([
    ['null', 'must be text'],
    ['""', 'must be text'],
    ['"  "', 'must be text'],
    ['1.0', 'must be text'],
    ['-1', 'must be text'],
    ['1e3', 'must be text'],
    ['9'.repeat(33), 'must be text'],
    [`"${'x'.repeat(129)}"`, 'must be at most 128 characters'],
    [String.raw`"a\nb"`, 'must not contain control characters'],
    [String.raw`"a\u200bb"`, 'must not contain control characters'],
    // It is a segment of a path: nobody could name the transfer.
    ['"2026/11/22-1"', 'must not contain a slash, nor be "." or ".."'],
    ['"."', 'must not contain a slash, nor be "." or ".."'],
    ['".."', 'must not contain a slash, nor be "." or ".."'],
  ])('is none in %s', (text, problem) => {
    expect(refusal(() => transactionIdOf(json(text), 'transactionId'))).toBe(`transactionId ${problem}.`);
  });

  it('that is missing is named', () => {
    expect(refusal(() => transactionIdOf(undefined, 'order.id'))).toBe('order.id is missing.');
  });
});
