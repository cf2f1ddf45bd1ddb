/**
 * JSON without rounding: a number that a double would change (a 19-digit id) comes as its text, every other as a number.
 * Text can be stored, logged and sent back as it is, which `bigint` cannot. @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(MAY_BE_LONG.test(text) ? text.replace(TOKENS, quoteInexact) : text) as unknown;
}

/** Fewer digits without an exponent are exact in a double. */
const MAY_BE_LONG = /\d[\d.]{15}|\d[eE]/;
/** Strings, so that what looks like a number in them is passed over; then numbers. */
const TOKENS = /"[^"\\]*(?:\\[^][^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function quoteInexact(token: string): string {
  if (token.startsWith('"')) return token;
  const double = Number(token);
  const exact = /^-?\d+$/.test(token)
    ? Number.isSafeInteger(double)
    : Number.isFinite(double) && canonical(token) === canonical(String(double));
  return exact ? token : `"${token}"`;
}

/** `1.50e2` and `150` are one number: its digits without zeros at either end, and the place of the point. */
function canonical(source: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(source) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  const significant = digits.replace(/0+$/, '');
  const point = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${point}`;
}
