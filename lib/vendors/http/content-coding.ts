/** Undoing `Content-Encoding` without letting a small answer become a large one. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { tooLarge, unavailable } from './failure.ts';

/** What `decode` understands, as `Accept-Encoding` says it. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

type Decoder = (body: Buffer, limits: { maxOutputLength: number }) => Promise<Buffer>;

const decoders: Record<string, Decoder> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: inflateEither,
};
const zlibInflate: Decoder = promisify(inflate);
const rawInflate: Decoder = promisify(inflateRaw);

/** Several codings may be stacked; more than this many is an attack. */
const MAX_LAYERS = 3;

/** The decoders for a `Content-Encoding`, last applied first; `undefined` when one of them is not known. */
export function decodersOf(contentEncoding: string): Decoder[] | undefined {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
    .toReversed();
  if (names.length > MAX_LAYERS || names.some((name) => !Object.hasOwn(decoders, name))) return undefined;
  return names.map((name) => decoders[name]!);
}

/**
 * Decodes a whole body. Output is cut off at `maxBytes` while it is being produced, so a decompression bomb costs no more
 * memory than any answer of that size.
 * @throws GatewayError `RESPONSE_TOO_LARGE`; `PLATFORM_UNAVAILABLE` when the body is not what it says.
 */
export async function decode(body: Buffer, codings: Decoder[], maxBytes: number): Promise<Buffer> {
  let decoded = body;
  for (const decoder of codings) {
    try {
      decoded = await decoder(decoded, { maxOutputLength: maxBytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
      throw unavailable('protocol', true, error);
    }
  }
  return decoded;
}

/** `deflate` means zlib's format (RFC 9110 8.4.1.2), but servers that send the bare stream are common. */
function inflateEither(body: Buffer, limits: { maxOutputLength: number }): Promise<Buffer> {
  const isZlib = body.length >= 2 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
  return isZlib ? zlibInflate(body, limits) : rawInflate(body, limits);
}
