/**
 * Money as whole numbers of 10^-10 of its currency: exact, and never through a double.
 *
 * What is written here is what partners print: JSON numbers and PHP's decimal strings (`10.0`, `1.0e-10`,
 * `123456789012345678.0123456789`). An amount that these units cannot hold is refused, never rounded.
 */

/** Whole multiples of 10^-10 of a currency. */
export type Units = bigint;

/** Why a text is no amount, as the rest of a sentence: "is not a decimal number". */
export interface DecimalProblem {
  problem: string;
}

const DECIMALS = 10;
/** Units in one whole of a currency. */
const ONE: Units = 10n ** BigInt(DECIMALS);
/** Amounts stay below 10^18, in units. */
export const AMOUNT_LIMIT: Units = 10n ** 18n * ONE;

/** Longer than any amount with all its zeros; what is longer is not worth the work. */
const MAX_SOURCE = 256;
/** JSON's number grammar (RFC 8259 section 6): no plus sign, no leading zeros, ASCII digits only. */
const DECIMAL = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;
/** Beyond this any exponent means the same: too many decimals, or too large. */
const FAR = 100_000;

const NOT_A_NUMBER = { problem: 'is not a decimal number' };
const TOO_FINE = { problem: `has more than ${DECIMALS} decimals` };
const TOO_LARGE = { problem: 'must be below 10^18' };

export function isProblem(value: Units | DecimalProblem): value is DecimalProblem {
  return typeof value !== 'bigint';
}

/**
 * Units of a JSON number's source text, or of a decimal string. Sign and zero are the caller's business.
 * @returns a problem for anything else, for more than 10 decimals once normalised, and from 10^18 on.
 */
export function parseDecimal(source: string): Units | DecimalProblem {
  const total = parseTotal(source);
  return isProblem(total) ? total : withinLimit(total);
}

/** Likewise for a sum of amounts, which may be larger than any one of them. */
export function parseTotal(source: string): Units | DecimalProblem {
  const number = read(source);
  return 'problem' in number ? number : toUnits(number, DECIMALS);
}

/**
 * `a × ratio`, exactly. The ratio may have any number of decimals; the product may not.
 * @returns a problem when the ratio is no number or the product is no amount.
 */
export function multiply(a: Units, ratio: string): Units | DecimalProblem {
  const number = read(ratio);
  if ('problem' in number) return { problem: `cannot be converted: the ratio ${number.problem}` };
  const product = toUnits({ digits: a * number.digits, exponent: number.exponent }, 0);
  return isProblem(product) ? product : withinLimit(product);
}

/** Plain decimal: no exponent, no trailing zeros, no negative zero. */
export function formatDecimal(units: Units): string {
  const digits = (units < 0n ? -units : units).toString().padStart(DECIMALS + 1, '0');
  const fraction = withoutTrailingZeros(digits.slice(-DECIMALS));
  const whole = digits.slice(0, -DECIMALS);
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** `digits × 10^exponent`. */
interface Scaled {
  digits: bigint;
  exponent: number;
}

function read(source: string): Scaled | DecimalProblem {
  if (source.length > MAX_SOURCE) return { problem: 'is too long' };
  const match = DECIMAL.exec(source);
  if (!match) return NOT_A_NUMBER;
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  const digits = BigInt(whole + fraction);
  return {
    digits: sign === '-' ? -digits : digits,
    exponent: Math.max(-FAR, Math.min(FAR, Number(power))) - fraction.length,
  };
}

/** Shifts by `exponent + decimals` powers of ten without losing a digit. */
function toUnits({ digits, exponent }: Scaled, decimals: number): Units | DecimalProblem {
  if (digits === 0n) return 0n;
  const shift = exponent + decimals;
  if (shift > MAX_SOURCE) return TOO_LARGE;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const text = digits.toString();
  // Every digit that would fall off has to be a zero.
  const kept = text.length + shift;
  if (kept <= 0 || /[1-9]/.test(text.slice(kept))) return TOO_FINE;
  return BigInt(text.slice(0, kept));
}

function withinLimit(units: Units): Units | DecimalProblem {
  return units >= AMOUNT_LIMIT || units <= -AMOUNT_LIMIT ? TOO_LARGE : units;
}

function withoutTrailingZeros(fraction: string): string {
  let end = fraction.length;
  while (fraction[end - 1] === '0') end--;
  return fraction.slice(0, end);
}
