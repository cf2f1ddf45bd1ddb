/**
 * Which hosts and addresses a third party may have. The ranges are those of the IANA special-purpose
 * registries (RFC 6890 and its updates): anything in them is somebody's inside, never a third party.
 */
import { BlockList, isIP } from 'node:net';
import { hasDotSegment } from '../../text/path-hazards.ts';

export interface Reach {
  /** Stage `local`: loopback addresses are reachable too, by `http:` as well. */
  isLocal: boolean;
}

/** What an address is to us. `other` is every kind that is neither public nor loopback. */
export type AddressScope = 'public' | 'loopback' | 'other';

const LOOPBACK = blockList(['127.0.0.0/8'], ['::1/128']);

const SPECIAL = blockList(
  [
    '0.0.0.0/8', // this network, unspecified
    '10.0.0.0/8', // private
    '100.64.0.0/10', // carrier-grade NAT; some clouds keep their metadata service here
    '168.63.129.16/32', // a cloud's wire server, on a public-looking address
    '169.254.0.0/16', // link-local, metadata services
    '172.16.0.0/12', // private
    '192.0.0.0/24', // protocol assignments
    '192.0.2.0/24', // documentation
    '192.31.196.0/24', // AS112
    '192.52.193.0/24', // AMT
    '192.88.99.0/24', // 6to4 relays
    '192.168.0.0/16', // private
    '192.175.48.0/24', // AS112
    '198.18.0.0/15', // benchmarking
    '198.51.100.0/24', // documentation
    '203.0.113.0/24', // documentation
    '224.0.0.0/4', // multicast
    '240.0.0.0/4', // reserved, broadcast
  ],
  [
    '2001::/23', // protocol assignments: Teredo, benchmarking, ORCHID
    '2001:db8::/32', // documentation
    '2002::/16', // 6to4: carries an IPv4 address
    '2620:4f:8000::/48', // AS112
    '3fff::/20', // documentation
  ],
);

/**
 * The only IPv6 space that is handed out for the public internet. What lies outside of it (unspecified,
 * IPv4-mapped and -compatible, NAT64 `64:ff9b::/96`, unique local, link-local, multicast) needs no row above.
 */
const GLOBAL_UNICAST = blockList([], ['2000::/3']);

/** Scope of a literal IPv4 or IPv6 address. What is no address, or carries a zone, is `other`. */
export function addressScope(address: string): AddressScope {
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0) return 'other';
  if (family === 4) {
    if (LOOPBACK.check(address, 'ipv4')) return 'loopback';
    return SPECIAL.check(address, 'ipv4') ? 'other' : 'public';
  }
  if (GLOBAL_UNICAST.check(address, 'ipv6')) return SPECIAL.check(address, 'ipv6') ? 'other' : 'public';
  return isLoopback6(address) ? 'loopback' : 'other';
}

/** May a socket be connected to this literal address? */
export function mayReachAddress(address: string, { isLocal }: Reach): boolean {
  const scope = addressScope(address);
  return scope === 'public' || (isLocal && scope === 'loopback');
}

/**
 * What is wrong with the `baseUrl` of a definition, in words for its author, or `undefined`. Looks at the
 * text alone: where the name leads is checked each time a socket connects (`guarded-connector.ts`).
 */
export function checkBaseUrl(baseUrl: string, reach: Reach): string | undefined {
  // URL parsing would quietly drop or rewrite these, so that what is checked is not what was written.
  if (/[\s\\]|\p{Cc}/u.test(baseUrl)) return 'must hold no space, backslash or control character';
  const url = URL.parse(baseUrl);
  if (!url) return 'is not a URL';
  if (url.username !== '' || url.password !== '' || /^[^/]*:\/\/[^/?#]*@/.test(baseUrl)) {
    return 'must hold no user name or password';
  }
  const path = baseUrl.replace(/^[^/]*\/\/[^/?#]*/, '');
  if (/[^\x21-\x7e]/.test(path)) return 'must have its path percent-encoded';
  if (hasDotSegment(path)) return 'must hold no dot segment';
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
  // A single label, or a suffix that is never delegated, can only resolve inside somebody's network.
  if (!name.includes('.') || PRIVATE_SUFFIX.test(name)) return 'other';
  return 'public';
}

const PRIVATE_SUFFIX =
  /\.(local|internal|intranet|lan|home|corp|private|home\.arpa|localdomain|test|invalid)$/;

function isLoopback6(address: string): boolean {
  return !/\./.test(address) && !/ffff/i.test(address) && LOOPBACK.check(address, 'ipv6');
}

function blockList(ipv4: string[], ipv6: string[]): BlockList {
  const list = new BlockList();
  for (const [subnets, family] of [
    [ipv4, 'ipv4'],
    [ipv6, 'ipv6'],
  ] as const) {
    for (const subnet of subnets) {
      const [network, prefix] = subnet.split('/') as [string, string];
      list.addSubnet(network, Number(prefix), family);
    }
  }
  return list;
}
