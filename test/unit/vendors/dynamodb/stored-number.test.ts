import { expect, it } from 'vitest';
import { StoredNumber } from '../../../../lib/vendors/dynamodb/stored-number.ts';

it.each([
  [7, 7],
  [{ value: '0' }, 0],
  [{ value: '-12' }, -12],
  [{ value: '1767225600123' }, 1_767_225_600_123],
  [{ value: '123456789012345' }, 123_456_789_012_345],
  [{ value: '12.25' }, 12.25],
  [{ value: '1e3' }, 1_000],
  [{ value: '1.5E+10' }, 1.5e10],
  [{ value: '5e-10' }, 5e-10],
  [{ value: '1e100' }, 1e100],
])('%j is read', (stored, number) => {
  expect(StoredNumber.parse(stored)).toBe(number);
});

it.each([
  ['7'],
  [undefined],
  [null],
  [{}],
  [{ value: 7 }],
  [{ value: '' }],
  [{ value: 'x1' }],
  [{ value: '1x' }],
  [{ value: '+1' }],
  [{ value: '.5' }],
  [{ value: '5.' }],
  [{ value: '1e' }],
  [{ value: '1x3' }],
  [{ value: 'NaN' }],
  // More digits than a double holds: such a number is money or an id, and not read here.
  [{ value: '1234567890123456' }],
  [{ value: '1e1000' }],
])('%j is no stored count or time', (stored) => {
  expect(StoredNumber.safeParse(stored).success).toBe(false);
});
