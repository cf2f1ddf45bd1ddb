/**
 * Which hosts and addresses a third party may have. The ranges are those of the IANA special-purpose
 * registries (RFC 6890 and its updates), as ipaddr.js knows them: an address in any of them is internal to
 * some network, never a third party's.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { hasDotSegment } from '../../text/path-hazards.ts';

export interface Reach {
  /** Stage `local`: loopback addresses are reachable too, by `http:` as well. */
  isLocal: boolean;
}

/** The kind of an address. `other` is everything that is neither public nor loopback. */
export type AddressScope = 'public' | 'loopback' | 'other';

/** A cloud's wire server, on an address that looks public. */
const WIRE_SERVER = '168.63.129.16';

/**
 * The only IPv6 space that is handed out for the public internet: what ipaddr.js has no name for is public only
 * in here. IPv4-compatible addresses (`::127.0.0.1`) are not, nor is what has not been allocated yet.
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Scope of a literal IPv4 or IPv6 address. Anything else, and an address with a zone, is `other`. */
export function addressScope(address: string): AddressScope {
  // ipaddr.js also accepts `0x7f.1`: only addresses that Node accepts count here.
  if (address.includes('%') || isIP(address) === 0 || !ipaddr.isValid(address)) return 'other';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === 'loopback') return 'loopback';
  if (range !== 'unicast' || address === WIRE_SERVER) return 'other';
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST) ? 'public' : 'other';
}

/** May a socket be connected to this literal address? */
export function mayReachAddress(address: string, { isLocal }: Reach): boolean {
  const scope = addressScope(address);
  return scope === 'public' || (isLocal && scope === 'loopback');
}

/**
 * What is wrong with the `baseUrl` of a definition, in words for its author, or `undefined`. Looks at the
 * text alone: the resolved addresses are checked each time a socket connects (`guarded-connector.ts`).
 */
export function checkBaseUrl(baseUrl: string, reach: Reach): string | undefined {
  // URL parsing would quietly drop or rewrite these, so that what is checked is not what was written.
  if (/[\s\\]|\p{Cc}/u.test(baseUrl)) return 'must not contain spaces, backslashes or control characters';
  const url = URL.parse(baseUrl);
  if (!url) return 'is not a URL';
  if (url.username !== '' || url.password !== '' || /^[^/]*:\/\/[^/?#]*@/.test(baseUrl)) {
    return 'must not contain a user name or password';
  }
  const path = baseUrl.replace(/^[^/]*\/\/[^/?#]*/, '');
  if (/[^\x21-\x7e]/.test(path)) return 'must have its path percent-encoded';
  if (hasDotSegment(path)) return 'must not contain a dot segment';
  return checkOrigin(url, reach);
}

/** The part of `checkBaseUrl` that concerns scheme and host; `url` is already parsed. */
export function checkOrigin(url: URL, { isLocal }: Reach): string | undefined {
  const scope = hostScope(url.hostname);
  const loopback = isLocal && scope === 'loopback';
  if (url.protocol === 'http:' && loopback) return undefined;
  if (url.protocol !== 'https:') {
    return isLocal ? 'must be https:, or http: on a loopback address' : 'must be https:';
  }
  return scope === 'public' || loopback ? undefined : 'must have a public host';
}

/**
 * Scope of a host as `URL` normalizes it: odd spellings (`0x7f.1`, `2130706433`, `[::ffff:7f00:1]`) have
 * become plain addresses by then. A name is public until it resolves to something else.
 */
function hostScope(hostname: string): AddressScope {
  if (hostname.startsWith('[')) return addressScope(hostname.slice(1, -1));
  const name = hostname.replace(/\.$/, '').toLowerCase();
  if (isIP(name) !== 0) return addressScope(name);
  if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback';
  // A single label, or a suffix that is never delegated, can only resolve inside a private network.
  if (!name.includes('.') || PRIVATE_SUFFIX.test(name)) return 'other';
  return 'public';
}

const PRIVATE_SUFFIX =
  /\.(local|internal|intranet|lan|home|corp|private|home\.arpa|localdomain|test|invalid)$/;
