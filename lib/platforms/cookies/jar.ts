import { Cookie, CookieJar } from 'tough-cookie';
import * as z from 'zod';

/** More than any login needs, and a bound on what a platform can make us store in Redis. */
export const JAR_LIMITS = { perDomain: 100, total: 300, cookieBytes: 8_192 } as const;

/** The last moment a `Date` can hold, milliseconds. */
const LAST_DATE = 8.64e15;

const StoredCookie = z.looseObject({
  key: z.string().max(JAR_LIMITS.cookieBytes).default(''),
  value: z.string().max(JAR_LIMITS.cookieBytes).default(''),
  domain: z.string().min(1).max(255),
  path: z.string().min(1).max(JAR_LIMITS.cookieBytes),
  expires: z.string().optional(),
  creation: z.string().optional(),
  secure: z.boolean().optional(),
  hostOnly: z.boolean().optional(),
});
type StoredCookie = z.infer<typeof StoredCookie>;

/** A jar as it is stored: tough-cookie's own serialisation, capped, every `Max-Age` turned into a date. */
export const StoredJar = z.looseObject({
  version: z.string(),
  storeType: z.string().nullable(),
  rejectPublicSuffixes: z.boolean(),
  cookies: z.array(StoredCookie).max(JAR_LIMITS.total),
});
export type StoredJar = z.infer<typeof StoredJar>;

/**
 * An empty jar by the rules of RFC 6265bis: no nameless cookies, no public suffixes, prefixes honoured; the hosts of
 * a laptop allowed.
 */
export function createJar(): CookieJar {
  return new CookieJar(undefined, {
    looseMode: false,
    rejectPublicSuffixes: true,
    prefixSecurity: 'silent',
    allowSpecialUseDomain: true,
  });
}

/** What is stored of a jar: its newest cookies within `JAR_LIMITS` that have not expired. */
export function storeJar(jar: CookieJar, now: number): StoredJar {
  const { cookies, ...rest } = jar.serializeSync() ?? createJar().serializeSync()!;
  const known = cookies.flatMap((cookie) => {
    const parsed = StoredCookie.safeParse(datedExpiry(cookie));
    return parsed.success && expiresAt(parsed.data) > now ? [parsed.data] : [];
  });
  return { ...rest, cookies: withinLimits(known) };
}

/** @throws when the stored value is not a jar: the caller treats that as no session. */
export function openJar(stored: StoredJar): CookieJar {
  return CookieJar.deserializeSync({ ...stored, cookies: stored.cookies.map((cookie) => ({ ...cookie })) });
}

/** The jar after an answer of `url` set cookies; a line that RFC 6265bis refuses changes nothing. */
export function withSetCookies(stored: StoredJar, url: string, lines: string[], now: number): StoredJar {
  const jar = openJar(stored);
  for (const line of lines) {
    if (line.length > JAR_LIMITS.cookieBytes) continue;
    jar.setCookieSync(line, url, { ignoreError: true, now: new Date(now) });
  }
  return storeJar(jar, now);
}

/** Jars with equal fingerprints send equal `Cookie` headers; `withExpiry`: until the same moment, too. */
export function jarFingerprint({ cookies }: StoredJar, withExpiry: boolean): string {
  const rows = cookies.map(({ key, value, domain, path, secure, hostOnly, expires }) =>
    JSON.stringify([key, value, domain, path, !!secure, !!hostOnly, withExpiry ? expires : undefined]),
  );
  return rows.sort().join('\n');
}

export function expiresAt({ expires }: { expires?: string | undefined }): number {
  const time = expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires);
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}

/**
 * tough-cookie counts `Max-Age` from the last access, which every read renews: such a cookie would never
 * expire here. RFC 6265 5.2.2 counts from when it was set.
 */
function datedExpiry(cookie: Record<string, unknown>): Record<string, unknown> {
  const { maxAge, ...rest } = cookie;
  if (maxAge === undefined || maxAge === null) return cookie;
  const time = Cookie.fromJSON(cookie)?.expiryTime() ?? Number.POSITIVE_INFINITY;
  if (time === Number.POSITIVE_INFINITY) return rest;
  return { ...rest, expires: new Date(Math.min(Math.max(time, 0), LAST_DATE)).toISOString() };
}

function withinLimits(cookies: StoredCookie[]): StoredCookie[] {
  // tough-cookie serialises in order of creation.
  const perDomain = new Map<string, number>();
  const kept: StoredCookie[] = [];
  for (const cookie of cookies.toReversed()) {
    const before = perDomain.get(cookie.domain) ?? 0;
    if (before >= JAR_LIMITS.perDomain || kept.length >= JAR_LIMITS.total) continue;
    if (cookie.key.length + cookie.value.length > JAR_LIMITS.cookieBytes) continue;
    perDomain.set(cookie.domain, before + 1);
    kept.push(cookie);
  }
  return kept.toReversed();
}
