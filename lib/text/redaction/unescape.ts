/** Percent-encoding, character references of HTML, escapes of JSON and JavaScript. */
const ESCAPE =
  /(?:%[0-9a-f]{2})+|&#(?:\d{1,7}|x[0-9a-f]{1,6});?|&[a-z]{2,6};|\\(?:u[0-9a-f]{4}|x[0-9a-f]{2}|["'\\/bfnrt])/gi;

/** Character references of HTML by name, for what is on a keyboard. */
export const REFERENCES: Record<string, string> = {
  amp: '&',
  apos: "'",
  ast: '*',
  colon: ':',
  comma: ',',
  commat: '@',
  dollar: '$',
  equals: '=',
  excl: '!',
  grave: '`',
  gt: '>',
  lcub: '{',
  lowbar: '_',
  lpar: '(',
  lsqb: '[',
  lt: '<',
  nbsp: ' ',
  num: '#',
  percnt: '%',
  period: '.',
  plus: '+',
  quest: '?',
  quot: '"',
  rcub: '}',
  rpar: ')',
  rsqb: ']',
  semi: ';',
  sol: '/',
  verbar: '|',
};

const CONTROLS: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** The text with one layer of escapes undone, of all kinds at once, whatever the text is. */
export function unescapeOnce(text: string): string {
  return text.replace(ESCAPE, (escape) => {
    if (escape.startsWith('%')) return Buffer.from(escape.replaceAll('%', ''), 'hex').toString('utf8');
    if (escape.startsWith('\\')) {
      return escape.length > 2 ? character(escape.slice(2), 16) : (CONTROLS[escape[1]!] ?? escape[1]!);
    }
    if (!escape.startsWith('&#')) return REFERENCES[escape.slice(1, -1).toLowerCase()] ?? escape;
    const digits = escape.slice(2).replace(';', '');
    return /^x/i.test(digits) ? character(digits.slice(1), 16) : character(digits, 10);
  });
}

function character(digits: string, base: number): string {
  const codePoint = Number.parseInt(digits, base);
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : '';
}
