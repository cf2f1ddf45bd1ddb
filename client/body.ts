/** Bodies for the raw proxy, turned into bytes once: a retry must send the same bytes. */

export type ProxyBody =
  | string
  | Uint8Array<ArrayBuffer>
  | ArrayBuffer
  | Blob
  | FormData
  | URLSearchParams
  /** Sent as JSON. */
  | { readonly [key: string]: unknown }
  | readonly unknown[];

export interface EncodedBody {
  bytes: Uint8Array<ArrayBuffer>;
  /** What the kind of body implies; a header of the caller wins. */
  contentType: string | undefined;
}

export async function encodeBody(body: ProxyBody): Promise<EncodedBody> {
  if (!isPlatformBody(body)) {
    return { bytes: new TextEncoder().encode(JSON.stringify(body)), contentType: 'application/json' };
  }
  // `Response` encodes every kind of body, multipart boundaries included.
  const carrier = new Response(body);
  const contentType = carrier.headers.get('content-type') ?? undefined;
  return { bytes: new Uint8Array(await carrier.arrayBuffer()), contentType };
}

type PlatformBody = Exclude<ProxyBody, { readonly [key: string]: unknown } | readonly unknown[]>;

function isPlatformBody(body: ProxyBody): body is PlatformBody {
  return (
    typeof body === 'string' ||
    body instanceof Uint8Array ||
    body instanceof ArrayBuffer ||
    body instanceof Blob ||
    body instanceof FormData ||
    body instanceof URLSearchParams
  );
}

export type QueryValue = string | number | boolean | null | undefined;
export type Query = URLSearchParams | Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

/** `""` or `?a=1&a=2`; `null` and `undefined` are left out. */
export function encodeQuery(query: Query | undefined): string {
  if (query === undefined) return '';
  const pairs = new URLSearchParams(query instanceof URLSearchParams ? query : undefined);
  if (!(query instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? (value as readonly QueryValue[]) : [value as QueryValue]) {
        if (one !== null && one !== undefined) pairs.append(name, String(one));
      }
    }
  }
  return pairs.size === 0 ? '' : `?${pairs.toString()}`;
}
