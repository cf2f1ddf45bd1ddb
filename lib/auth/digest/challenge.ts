/** What a server asks for in `WWW-Authenticate`, and says in `Authentication-Info` (RFC 9110 11, RFC 7616 3.3, 3.5). */

/** Hashes that we know, the strongest last; RFC 7616 3.3 calls them in capitals. */
export const HASHES = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const;
type Hash = keyof typeof HASHES;
const BY_STRENGTH = Object.keys(HASHES) as Hash[];

export interface DigestChallenge {
  /** One character per byte, as headers arrive: a realm may be in any charset. */
  realm: string;
  nonce: string;
  opaque: string | undefined;
  hash: Hash;
  /** `-sess`: the password is hashed with the first nonce. */
  isSession: boolean;
  /** As the server wrote it; `undefined`: it did not, and means MD5. */
  algorithm: string | undefined;
  /** `false`: a server from before RFC 2617. */
  hasQop: boolean;
  userhash: boolean;
  /** `charset=UTF-8`: a server that knows RFC 7616, and names beyond ASCII as it has them. */
  isUtf8: boolean;
  /** Nothing is wrong with the credentials, the nonce has run out. */
  stale: boolean;
}

/** Of several challenges the strongest we can answer; `undefined`: there is none. */
export function strongestChallenge(header: string | undefined): DigestChallenge | undefined {
  const known = challengesIn(header ?? '').flatMap((one) => digestChallenge(one) ?? []);
  const strength = ({ hash }: DigestChallenge) => BY_STRENGTH.indexOf(hash);
  return known.sort((a, b) => strength(b) - strength(a))[0];
}

/** `nextnonce` of `Authentication-Info`. */
export function nextNonce(header: string | undefined): string | undefined {
  return challengesIn(`Digest ${header ?? ''}`)[0]?.params['nextnonce'];
}

interface Challenge {
  /** Lower-case. */
  scheme: string;
  /** Lower-case names. */
  params: Record<string, string | undefined>;
}

function digestChallenge({ scheme, params }: Challenge): DigestChallenge | undefined {
  const { realm, nonce, algorithm, opaque } = params;
  if (scheme !== 'digest' || realm === undefined || nonce === undefined) return undefined;
  const [, name = '', session] = /^(.*?)(-sess)?$/i.exec(algorithm ?? 'MD5')!;
  const hash = BY_STRENGTH.find((one) => one === name.toUpperCase());
  // An empty list counts as none, as old servers mean it. `auth-int` alone is not supported.
  const qop = (params['qop'] ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
  const hasQop = qop.some((one) => one !== '');
  if (!hash || (hasQop && !qop.includes('auth'))) return undefined;
  return {
    realm,
    nonce,
    opaque,
    hash,
    isSession: session !== undefined,
    algorithm,
    hasQop,
    userhash: isTrue(params['userhash']),
    isUtf8: params['charset']?.toLowerCase() === 'utf-8',
    stale: isTrue(params['stale']),
  };
}

const isTrue = (text: string | undefined) => text?.toLowerCase() === 'true';

/** A name, and what stands behind its "=": with one it is a parameter, without one a scheme begins. */
const PIECE = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?/g;

/** What does not read as a challenge is passed over: one server's mistake must not hide another scheme. */
function challengesIn(header: string): Challenge[] {
  const found: Challenge[] = [];
  for (const [, name = '', assigned, value = ''] of header.matchAll(PIECE)) {
    const current = found.at(-1);
    if (assigned === undefined) found.push({ scheme: name.toLowerCase(), params: {} });
    else if (current) current.params[name.toLowerCase()] = unquoted(value);
  }
  return found;
}

const unquoted = (value: string) =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
