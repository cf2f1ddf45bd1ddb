/** DynamoDB's numbers: exact decimals of at most 38 digits, as text. */

interface Decimal {
  digits: bigint;
  /** Power of ten that `digits` is multiplied by. */
  exponent: number;
}

const MOST_DIGITS = 38;

function parse(text: string): Decimal {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!found || `${found[2]}${found[3] ?? ''}` === '') throw new TypeError(`${text} is no number`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = found;
  const digits = BigInt(`${whole}${fraction}`);
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

/** Both with the same exponent. */
function aligned(a: Decimal, b: Decimal): { a: bigint; b: bigint; exponent: number } {
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = (one: Decimal) => one.digits * 10n ** BigInt(one.exponent - exponent);
  return { a: scaled(a), b: scaled(b), exponent };
}

/** Without an exponent, without zeros that say nothing. @throws RangeError past 38 digits. */
function format({ digits, exponent }: Decimal): string {
  if (digits === 0n) return '0';
  const negative = digits < 0n;
  let text = String(negative ? -digits : digits);
  let scale = exponent;
  while (text.endsWith('0') && text.length > 1) {
    text = text.slice(0, -1);
    scale += 1;
  }
  if (text.length > MOST_DIGITS) throw new RangeError('Number overflow: more than 38 digits');
  if (scale >= 0) text += '0'.repeat(scale);
  else if (text.length > -scale) text = `${text.slice(0, scale)}.${text.slice(scale)}`;
  else text = `0.${'0'.repeat(-scale - text.length)}${text}`;
  return negative ? `-${text}` : text;
}

export const normalized = (text: string): string => format(parse(text));

export function compareNumbers(left: string, right: string): number {
  const { a, b } = aligned(parse(left), parse(right));
  return a < b ? -1 : Number(a > b);
}

export function addNumbers(left: string, right: string, sign: 1 | -1 = 1): string {
  const { a, b, exponent } = aligned(parse(left), parse(right));
  return format({ digits: sign === 1 ? a + b : a - b, exponent });
}
