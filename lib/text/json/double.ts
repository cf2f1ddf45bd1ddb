/** Short enough that every decimal of so many characters is one double's, digit for digit. */
const ALWAYS_EXACT = /^[-.\d]{1,15}$/;
const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * The double that a JSON number stands for, where nothing is lost: the double, written out, has the number's
 * value again. `undefined` for a 19-digit id, for `0.1000000000000000055`, for `1e400` and `1e-400`.
 * @param source a JSON number.
 */
export function exactDouble(source: string): number | undefined {
  const double = Number(source);
  if (ALWAYS_EXACT.test(source) || canonical(source) === canonical(String(double))) return double;
  return undefined;
}

/** Sign, digits without zeros around them, and the power of ten of the last one: equal for equal numbers. */
function canonical(number: string): string | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = PARTS.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return sign === undefined ? undefined : '0';
  const significant = trimZeros(digits);
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}

/** By hand: `/0+$/` takes quadratic time over zeros that do not end the text. */
function trimZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}
