import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseExactJson } from '../../../client/json.ts';

it('property: where no number is long, it is JSON.parse (R12)', () => {
  fc.assert(
    fc.property(
      fc.json().filter((text) => !/\d{16}/.test(text)),
      (text) => {
        expect(parseExactJson(text)).toEqual(JSON.parse(text));
      },
    ),
  );
});

it('property: an integer of any length keeps its digits (R12)', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (integer) => {
      expect(String(BigInt((parseExactJson(`[${integer}]`) as [number | string])[0]))).toBe(String(integer));
    }),
  );
});

it.each([
  '[00000000000000000001]',
  '[1234567890123456789',
  '{"a":1234567890123456789.}',
  '[1234567890123456789e]',
  '"1234567890123456',
])('what is not JSON is not made JSON: %s', (text) =>
  expect(() => parseExactJson(text)).toThrow(SyntaxError),
);

it('reads a long text in one go (R12)', () => {
  const text = `["${'a\\"'.repeat(3_000_000)}",12345678901234567890]`;
  expect((parseExactJson(text) as string[])[1]).toBe('12345678901234567890');
});
