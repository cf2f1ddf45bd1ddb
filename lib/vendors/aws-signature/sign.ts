/** AWS Signature Version 4, by Smithy's signer. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

export interface AwsSigner {
  region: string;
  service: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | undefined;
}

interface Signable {
  method: string;
  /** Absolute, percent-encoded. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body?: Buffer;
}

/** The same request with its signature. @param now milliseconds since the epoch: AWS allows 5 min of difference. */
export async function signForAws<T extends Signable>(request: T, signer: AwsSigner, now: number): Promise<T> {
  const { region, service, accessKeyId, secretAccessKey, sessionToken } = signer;
  const isStorage = service === 's3' || service.startsWith('s3-');
  const v4 = new SignatureV4({
    region,
    service,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    sha256: Sha256,
    // S3 takes paths as they are, and wants the hash of the body in a header.
    uriEscapePath: !isStorage,
    applyChecksum: isStorage,
  });
  const url = plainSpaces(request.url);
  const { protocol, hostname, host, pathname } = new URL(url);
  const { host: _host, ...headers } = (
    await v4.sign(
      {
        method: request.method,
        protocol,
        hostname,
        path: pathOf(url) ?? pathname,
        query: queryOf(url),
        headers: { ...request.headers, host },
        body: request.body,
      },
      { signingDate: new Date(now) },
    )
  ).headers;
  return { ...request, url, headers };
}

/** As it is written: `URL` would rewrite it. */
const pathOf = (url: string) => /^[^/]*\/\/[^/?#]*(\/[^?#]*)/.exec(url)?.[1];

/** A "+" in a query is a space to some services and a plus to others: what is signed must be what is read. */
function plainSpaces(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at) + url.slice(at).replaceAll('+', '%20');
}

function queryOf(url: string): Record<string, string | string[]> {
  const query: Record<string, string[]> = {};
  const at = url.indexOf('?');
  for (const pair of at < 0
    ? []
    : url
        .slice(at + 1)
        .split('&')
        .filter(Boolean)) {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    (query[decoded(name)] ??= []).push(decoded(value));
  }
  return query;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** In the shape that the signer asks for. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('A hash is used once.');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}
