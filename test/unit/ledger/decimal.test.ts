import { Decimal } from 'decimal.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AMOUNT_LIMIT,
  formatDecimal,
  isProblem,
  multiply,
  parseDecimal,
  parseTotal,
} from '../../../lib/ledger/decimal.ts';
import type { DecimalProblem, Units } from '../../../lib/ledger/decimal.ts';

/** The independent implementation: enough digits never to round here. */
const Exact = Decimal.clone({ precision: 1_000, toExpPos: 9e15, toExpNeg: -9e15 });

/** What an amount must come out as, by it; `undefined`: refused. */
function independently(decimal: Decimal): string | undefined {
  if (decimal.decimalPlaces() > 10 || decimal.abs().gte('1e18')) return undefined;
  return decimal.isZero() ? '0' : decimal.toFixed();
}

const shown = (value: Units | DecimalProblem) => (isProblem(value) ? undefined : formatDecimal(value));

const digits = (min: number, max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((list) => list.join(''));
/** Everything JSON's grammar for numbers allows, dense around the limits. */
const source = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.integer({ min: 1, max: 9 }), digits(0, 24)).map(([a, b]) => `${a}${b}`),
    ),
    fc.oneof(
      fc.constant(''),
      digits(1, 14).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.integer({ min: 0, max: 30 }))
        .map((parts) => parts.join('')),
    ),
  )
  .map((parts) => parts.join(''));

const NO_NUMBERS =
  'NaN|Infinity|-Infinity|INF|| |1 | 1|+1|1.|.5|01|-|--1|1,000|0x10|0b1|1e|1e+|1_000|1n|1\n|０.１|１|٣|1\u0000|1.0.0|null|−1'.split(
    '|',
  );

describe('decimals', () => {
  it.each([
    ['10.0', '10'],
    ['1.0e-10', '0.0000000001'],
    ['1.0E-10', '0.0000000001'],
    ['1.0E+2', '100'],
    ['0', '0'],
    ['-0', '0'],
    ['-0.0', '0'],
    ['0e999', '0'],
    ['-1', '-1'],
    ['9007199254740993', '9007199254740993'],
    ['123456789012345678.0123456789', '123456789012345678.0123456789'],
    ['999999999999999999.9999999999', '999999999999999999.9999999999'],
    ['1.00000000000000000000', '1'],
    ['10e-11', '0.0000000001'],
    ['100000000000000000000e-3', '100000000000000000'],
    ['0.1', '0.1'],
    ['12.3400', '12.34'],
  ])('E13: %s is %s, exactly', (text, expected) => {
    expect(shown(parseDecimal(text))).toBe(expected);
  });

  it.each([
    ['0.00000000001', 'has more than 10 decimals'],
    ['1e-11', 'has more than 10 decimals'],
    ['1e-999999999999999999999', 'has more than 10 decimals'],
    ['1000000000000000000', 'must be below 10^18'],
    ['-1000000000000000000', 'must be below 10^18'],
    ['1e18', 'must be below 10^18'],
    ['1e999', 'must be below 10^18'],
    ['1e999999999999999999999', 'must be below 10^18'],
    [`1${'0'.repeat(300)}`, 'is too long'],
    ...NO_NUMBERS.map((text) => [text, 'is not a decimal number']),
  ])('E13: %j is refused', (text, problem) => {
    expect(parseDecimal(text)).toEqual({ problem });
  });

  it('E13: reads every number as an independent implementation does, or refuses what that could not keep', () => {
    fc.assert(
      fc.property(source, (text) => {
        expect(shown(parseDecimal(text))).toBe(independently(new Exact(text)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('E13: refuses every text that is no JSON number', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0019.-+eE x'.split('')), maxLength: 8 }), (text) => {
        const isNumber = !text.includes(' ') && /^[-\d]/.test(text) && isJson(text);
        const parsed = parseDecimal(text);
        const isSyntax = isProblem(parsed) && parsed.problem === 'is not a decimal number';
        expect(isSyntax).toBe(!isNumber);
      }),
      { numRuns: 3_000 },
    );
  });

  it('writes what it reads back, in one way only', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -AMOUNT_LIMIT + 1n, max: AMOUNT_LIMIT - 1n }), (units) => {
        const text = formatDecimal(units);
        expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
        expect(text).not.toBe('-0');
        expect(parseDecimal(text)).toBe(units);
      }),
    );
  });

  it('multiplies as an independent implementation does, and never rounds', () => {
    const amount = fc.bigInt({ min: -AMOUNT_LIMIT + 1n, max: AMOUNT_LIMIT - 1n });
    fc.assert(
      fc.property(amount, source, (units, ratio) => {
        const product = new Exact(formatDecimal(units)).times(new Exact(ratio));
        expect(shown(multiply(units, ratio))).toBe(independently(product));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['1.25', '10', '12.5'],
    ['0.0000000001', '0.1', undefined],
    ['0.000000001', '0.1', '0.0000000001'],
    ['3', '0.3333333333', '0.9999999999'],
    ['999999999999999999', '1.0000000001', undefined],
    ['1', 'ten', undefined],
    ['1', '1e30', undefined],
  ])('%s x %s = %s', (a, ratio, expected) => {
    expect(shown(multiply(parseDecimal(a) as Units, ratio))).toBe(expected);
  });

  it('says of a ratio that is none what is wrong with it', () => {
    expect(multiply(1n, 'ten')).toEqual({
      problem: 'cannot be converted: the ratio is not a decimal number',
    });
  });

  it('reads sums beyond the largest amount', () => {
    expect(parseTotal('1000000000000000000000000000.0000000001')).toBe(10n ** 37n + 1n);
    expect(parseTotal('1E+27')).toBe(10n ** 37n);
  });

  it('reads as many digits as a line of text may have, and no exponent that would make more of them', () => {
    expect(parseDecimal(`1.${'0'.repeat(254)}`)).toBe(10n ** 10n);
    expect(parseDecimal(`1.${'0'.repeat(255)}`)).toEqual({ problem: 'is too long' });
    expect(parseTotal('1e246')).toBe(10n ** 256n);
    expect(parseTotal('1e247')).toEqual({ problem: 'must be below 10^18' });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
