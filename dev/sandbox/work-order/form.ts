/**
 * `application/x-www-form-urlencoded` in whatever charset it comes: a browser on a GBK page sends GBK, a
 * program sends UTF-8. Bytes that are not UTF-8 are taken for GBK.
 */
import iconv from 'iconv-lite';

export function readForm(body: Buffer): Map<string, string> {
  const pairs = body
    .toString('latin1')
    .split('&')
    .map((pair) => pair.split('='));
  return new Map(pairs.map(([name = '', ...value]) => [text(name), text(value.join('='))]));
}

function text(encoded: string): string {
  // One latin1 character per byte, as the body was read.
  const bytes = encoded
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const raw = Buffer.from(bytes, 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    return iconv.decode(raw, 'gbk');
  }
}
