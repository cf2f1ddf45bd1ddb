/** `application/x-www-form-urlencoded` in any charset: browsers encode a form in its page's. */
export function encodeForm(pairs: [string, string][], encode: (text: string) => Buffer): string {
  const escape = (text: string) => {
    let out = '';
    for (const byte of encode(text)) {
      const char = String.fromCodePoint(byte);
      if (/[A-Za-z0-9*\-._]/.test(char)) out += char;
      else out += byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    }
    return out;
  };
  return pairs.map(([name, value]) => `${escape(name)}=${escape(value)}`).join('&');
}

/** `a=1; b=2` as an object, for `{{cookie.x}}`. */
export function parseCookieHeader(header: string | undefined): Record<string, string> {
  return Object.fromEntries(
    (header ?? '')
      .split('; ')
      .filter((pair) => pair.includes('='))
      .map((pair): [string, string] => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
  );
}
