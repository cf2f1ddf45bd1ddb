import { expect, it } from 'vitest';
import { ExactNumber, parseExact } from '../../../lib/text/json/exact.ts';
import { UserIdInput } from '../../../lib/text/user-id-input.ts';
import { parseUserId } from '../../../lib/text/user-id.ts';

it.each(['1', 1, 2 ** 53 - 1])('%s is a user id', (value) => {
  expect(parseUserId(value)).toBe(Number(value));
});
it.each([
  '',
  '0',
  0,
  -1,
  1.5,
  '1.0',
  '1e3',
  '+1',
  ' 1',
  '01',
  '１',
  '0x1',
  2 ** 53,
  null,
  undefined,
  {},
  [],
  NaN,
  true,
])('%s is no user id', (value) => {
  expect(parseUserId(value)).toBeUndefined();
});

it('a number of exact JSON is read from its digits', () => {
  expect(parseUserId(parseExact('9007199254740991'))).toBe(Number.MAX_SAFE_INTEGER);
  for (const source of ['9007199254740993', '1.0', '1e3', '-1', '0']) {
    const number = parseExact(source);
    expect(number).toBeInstanceOf(ExactNumber);
    expect(parseUserId(number), source).toBeUndefined();
  }
});

it('as a schema it takes and refuses the same', () => {
  expect([UserIdInput.parse('7'), UserIdInput.parse(7)]).toEqual([7, 7]);
  for (const value of ['07', 1.5, 2 ** 53, null, '1'.repeat(33)]) {
    expect(UserIdInput.safeParse(value).success, String(value)).toBe(false);
  }
});
