/**
 * Which charset an answer is in, and its text. Chinese platforms answer in GBK, often without saying so in
 * the header. Order: byte order mark; UTF-8 for JSON whose bytes are UTF-8 (RFC 8259, 8.1); `Content-Type`;
 * `<meta>` (or the XML declaration); what the definition says; UTF-8. An unknown label is skipped.
 */
import { isUtf8 } from 'node:buffer';
import { LRUCache } from 'lru-cache';

const PRESCAN_BYTES = 4_096;

/**
 * Decodes leniently: what is broken or cut off becomes U+FFFD, a byte order mark is dropped. A header that says
 * UTF-8 is ignored when the bytes are not UTF-8 and another source names a charset: PHP adds `charset=UTF-8` to
 * every page by default, also to pages written in GBK.
 */
export function decodeText(body: Buffer, contentType: string | undefined, fallback?: string): string {
  if (body.length === 0) return '';
  let first: TextDecoder | undefined;
  for (const label of labels(body, contentType, fallback)) {
    const named = decoderFor(label);
    if (named && (named.encoding !== 'utf-8' || looksLikeUtf8(body))) return named.decode(body);
    first ??= named;
  }
  return (first ?? new TextDecoder()).decode(body);
}

/** Each is looked for when those before it do not serve. */
function* labels(body: Buffer, contentType: string | undefined, fallback: string | undefined) {
  yield byteOrderMark(body);
  yield jsonCharset(body, contentType);
  yield headerCharset(contentType);
  yield declaredCharset(body);
  yield fallback;
}

/** The last character may be cut off: up to three bytes of it. */
function looksLikeUtf8(body: Buffer): boolean {
  return [0, 1, 2, 3].some((cut) => cut <= body.length && isUtf8(body.subarray(0, body.length - cut)));
}

/** Made anew, each takes longer than what it decodes. Bounded: third parties name them. */
const decoders = new LRUCache<string, TextDecoder>({ max: 100 });

function decoderFor(label: string | undefined): TextDecoder | undefined {
  if (label === undefined) return undefined;
  try {
    const decoder = decoders.get(label) ?? new TextDecoder(label);
    decoders.set(label, decoder);
    return decoder;
  } catch {
    return undefined;
  }
}

/** Does this runtime know the label? For the definition's schema. */
export const isCharset = (label: string): boolean => decoderFor(label) !== undefined;

function byteOrderMark(body: Buffer): string | undefined {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  return undefined;
}

function headerCharset(contentType: string | undefined): string | undefined {
  const found = /;\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"']+))/i.exec(contentType ?? '');
  return (found?.[1] ?? found?.[2] ?? found?.[3])?.trim();
}

/**
 * A platform with GBK pages has UTF-8 JSON as a rule, labelled or not, often as `text/html`. Whoever does write
 * GBK has bytes that are no UTF-8. No JSON holds a NUL: bytes with one are UTF-16.
 */
function jsonCharset(body: Buffer, contentType: string | undefined): string | undefined {
  const json =
    JSON_TYPE.test(contentType ?? '') || JSON_START.test(body.toString('latin1', 0, PRESCAN_BYTES));
  return json && looksLikeUtf8(body) && !body.includes(0) ? 'utf-8' : undefined;
}

const JSON_TYPE = /^[^;]*[/+]json\s*(?:;|$)/i;
const JSON_START = /^\s*[[{]/;

/** The charset a page declares about itself in its first bytes, which are ASCII up to there. */
function declaredCharset(body: Buffer): string | undefined {
  const head = body.toString('latin1', 0, PRESCAN_BYTES);
  if (!/^\s*</.test(head) && !/<meta\b/i.test(head)) return undefined;
  const xml = /^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]+)["']/i.exec(head);
  if (xml) return notUtf16(xml[1]);
  // A JSON string may well hold "<meta": only markup declares.
  if (/^\s*[[{"]/.test(head)) return undefined;
  for (const [tag] of head.replace(/<!--[^]*?-->/g, '').matchAll(/<meta\b[^>]{0,500}/gi)) {
    const found = /\bcharset\s*=\s*["']?\s*([\w.:-]+)/i.exec(tag);
    if (found && decoderFor(found[1])) return notUtf16(found[1]);
  }
  return undefined;
}

/** A page whose ASCII could be read cannot be UTF-16, whatever it claims (HTML 13.2.3.2). */
function notUtf16(label: string | undefined): string | undefined {
  return label !== undefined && /^utf-?16/i.test(label) ? 'utf-8' : label;
}
