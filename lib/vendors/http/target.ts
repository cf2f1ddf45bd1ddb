/** Where a request goes: an allowed origin, and a request target that is sent unchanged. */
import { checkOrigin, type Reach } from './address.ts';
import { addressRefused, malformed } from './failure.ts';
import { hasDotSegment } from '../../text/path-hazards.ts';

export interface Target {
  /** Scheme and authority as written, `https://example.com:8443`; may still be an unusual spelling. */
  authority: string;
  /** Path and query, `/api?x=1`. */
  path: string;
}

/**
 * Splits by hand, because URL parsing would rewrite the path. Refuses everything that an upstream or a proxy in
 * between could interpret differently.
 * @throws GatewayError `MALFORMED_REQUEST`
 */
export function splitTarget(url: string): Target {
  if (NOT_VISIBLE_ASCII.test(url)) throw malformed('The URL of the request contains an invalid character.');
  const start = url.indexOf('://') + 3;
  const end = start < 3 ? -1 : endOfAuthority(url, start);
  if (end <= start) throw malformed('The URL of the request is not complete.');
  const rest = url.slice(end);
  if (NOT_VISIBLE_ASCII.test(rest))
    throw malformed('The path or query contains a character that must be encoded.');
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  if (SUSPICIOUS.test(path)) refuseHazards(path);
  return { authority: url.slice(0, end), path };
}

/**
 * The origin of an authority as written, normalized (`http://0x7f.1` → `http://127.0.0.1`).
 * @throws GatewayError `CONFIGURATION_ERROR` when it must not be reached.
 */
export function originOf(authority: string, reach: Reach): string {
  const url = URL.parse(authority);
  if (!url || /[@\\%\s]|\p{Cc}/u.test(authority))
    throw addressRefused('it is not a plain scheme, host and port.');
  const problem = checkOrigin(url, reach);
  if (problem !== undefined) throw addressRefused(`it ${problem}.`);
  return url.origin;
}

const NOT_VISIBLE_ASCII = /[^\x21-\x7e]/;
/** Cheap first look: without one of these there is nothing to find. */
const SUSPICIOUS = /[\\#]|%2e|%25|\/\.|\.;/i;

function endOfAuthority(url: string, start: number): number {
  for (let i = start; i < url.length; i++) {
    const c = url.charCodeAt(i);
    if (c === 0x2f || c === 0x3f || c === 0x23 || c === 0x5c) return i;
  }
  return url.length;
}

function refuseHazards(path: string): void {
  if (path.includes('#')) throw malformed('The URL of the request contains a fragment.');
  const beforeQuery = path.split('?', 1)[0]!;
  if (beforeQuery.includes('\\') || hasDotSegment(beforeQuery)) {
    throw malformed('The path of the request contains a dot segment or a backslash.');
  }
}
