/** The cookies of a login, gathered answer by answer; `jar.ts` has the rules. */
import { Cookie } from 'tough-cookie';
import type { CookieJar } from 'tough-cookie';
import { JAR_LIMITS } from './jar.ts';

/** A login's jar is one site's: it keeps as many as a stored session keeps of one. */
export const MAX_COOKIES = JAR_LIMITS.perDomain;

/**
 * Keeps what an answer set, by the rules of RFC 6265: foreign domains, malformed lines and so on are left
 * out silently, as a browser does. Past `MAX_COOKIES` the least recently used go (RFC 6265 5.3).
 */
export async function keepCookies(jar: CookieJar, url: string, setCookies: readonly string[]): Promise<void> {
  for (const line of setCookies) {
    if (line.length > JAR_LIMITS.cookieBytes) continue;
    const cookie = Cookie.parse(line);
    if (!cookie) continue;
    await jar.setCookie(cookie, url, { ignoreError: true });
  }
  if (setCookies.length > 0) await evict(jar);
}

async function evict(jar: CookieJar): Promise<void> {
  const { store } = jar;
  const cookies = await store.getAllCookies();
  const excess = cookies.length - MAX_COOKIES;
  if (excess <= 0) return;
  const now = Date.now();
  const isExpired = (cookie: Cookie) => (cookie.expiryTime() ?? Infinity) <= now;
  const lastUsed = ({ lastAccessed, creation }: Cookie) =>
    Math.max(...[lastAccessed, creation].map((at) => (at instanceof Date ? at.getTime() : 0)));
  const leastWorth = cookies.sort(
    (a, b) =>
      Number(isExpired(b)) - Number(isExpired(a)) ||
      lastUsed(a) - lastUsed(b) ||
      a.creationIndex - b.creationIndex,
  );
  for (const { domain, path, key } of leastWorth.slice(0, excess)) {
    await store.removeCookie(domain ?? '', path ?? '/', key);
  }
}

/** Live cookies for an address, by name: for `{{cookie.x}}` and `cookie` predicates. */
export async function cookiesFor(jar: CookieJar, url: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  // Longest path first (RFC 6265 5.4): the first of a name is the one that counts.
  for (const { key, value } of await jar.getCookies(url, { sort: true })) found[key] ??= value;
  return found;
}
