import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactDouble } from '../../../lib/text/json/double.ts';

describe('a JSON number as a double', () => {
  it.each([
    '0',
    '-0',
    '0.0e99999999999999999999',
    '0.1',
    '0.10',
    '-1.5',
    '1.50e3',
    '1E+2',
    '9007199254740992',
    '123456789012345680000',
    '1e22',
    '100000000000000000000000',
    '5e-324',
    '1.7976931348623157e308',
    '0.00000000000000000001',
    `1${'0'.repeat(300)}e-300`,
    `0.${'0'.repeat(300)}1e301`,
  ])('%s is one', (source) => {
    expect(exactDouble(source)).toBe(Number(source));
  });

  it.each([
    '9007199254740993',
    '1234567890123456789',
    '-1234567890123456789',
    '0.1000000000000000055',
    '0.30000000000000004441',
    '1e400',
    '-1e400',
    '1e-400',
    '1e99999999999999999999',
    '1e-99999999999999999999',
    '4.9e-324',
    `1${'0'.repeat(300)}1e-300`,
  ])('%s would be changed', (source) => {
    expect(exactDouble(source)).toBeUndefined();
  });

  it('is whatever JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
        expect(exactDouble(String(double))).toBe(double === 0 ? 0 : double);
        expect(exactDouble(double.toExponential())).toBe(double === 0 ? 0 : double);
      }),
    );
  });

  it('is compared by value: digits moved across the point change nothing, one more digit does', () => {
    const whole = fc.bigInt({ min: 1n, max: 10n ** 17n });
    fc.assert(
      fc.property(whole, fc.integer({ min: 0, max: 30 }), (digits, zeros) => {
        const plain = exactDouble(String(digits));
        expect(exactDouble(`${digits}${'0'.repeat(zeros)}e-${zeros}`)).toBe(plain);
        expect(exactDouble(`0.${'0'.repeat(zeros)}${digits}e${zeros + String(digits).length}`)).toBe(plain);
        // Either it is written with the same digits, or it is refused.
        expect([undefined, String(digits)]).toContain(plain === undefined ? plain : String(plain));
      }),
    );
  });

  it('takes linear time over many digits', () => {
    const zeros = '0'.repeat(2_000_000);
    expect(exactDouble(`1${zeros}1e-2000000`)).toBeUndefined();
    expect(exactDouble(`1${zeros}e-2000000`)).toBe(1);
    expect(exactDouble(`1e${'9'.repeat(2_000_000)}`)).toBeUndefined();
  });
});
