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
