import iconv from 'iconv-lite';

/**
 * `application/x-www-form-urlencoded` as a browser writes it on a page of that charset: bytes of the charset,
 * percent-encoded; what the charset lacks becomes a character reference (HTML, "encode" with mode html).
 */
export function encodeForm(fields: Iterable<readonly [string, string]>, charset = 'utf-8'): string {
  const encode = encoderFor(charset);
  const pairs: string[] = [];
  for (const [name, value] of fields) pairs.push(`${percent(encode(name))}=${percent(encode(value))}`);
  return pairs.join('&');
}

function encoderFor(charset: string): (text: string) => Buffer {
  const label = browserCharset(charset);
  if (/^utf-?8$/i.test(label)) return (text) => Buffer.from(withCrlf(text).toWellFormed());
  return (text) =>
    Buffer.concat(
      Array.from(withCrlf(text).toWellFormed(), (character) => {
        const bytes = iconv.encode(character, label);
        if (iconv.decode(bytes, label) === character) return bytes;
        return Buffer.from(`&#${character.codePointAt(0)};`);
      }),
    );
}

/** "gb2312" on the web means its superset (WHATWG Encoding). A charset that cannot be written is sent as UTF-8. */
function browserCharset(charset: string): string {
  const label = /^(gb2312|gb_2312-80|x-gbk)$/i.test(charset) ? 'gbk' : charset;
  return iconv.encodingExists(label) && !/^utf-?16/i.test(label) ? label : 'utf-8';
}

function withCrlf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}

function percent(bytes: Buffer): string {
  let out = '';
  for (const byte of bytes) {
    if (byte === 0x20) out += '+';
    else if (isPlain(byte)) out += String.fromCharCode(byte);
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** `A-Z a-z 0-9 * - . _` */
function isPlain(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2a ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x5f
  );
}
