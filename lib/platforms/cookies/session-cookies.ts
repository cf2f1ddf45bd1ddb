import type { CookieJar } from 'tough-cookie';
import type { PlatformDefinition } from '../definition.ts';
import { renderHeaders, templatesOfHeaders } from '../../definition/template/headers.ts';
import { missingNames, placeholders } from '../../definition/template/render.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import { expiresAt, openJar } from './jar.ts';
import type { StoredJar } from './jar.ts';

/** What all URLs of one class are sent. */
export interface CookieClass {
  /** `undefined`: no cookie matches. */
  header: string | undefined;
  /** The same as name and value. */
  pairs: readonly (readonly [name: string, value: string])[];
  /** Milliseconds since the epoch: then one of them expires. */
  until: number;
}

/**
 * `Cookie` headers of one jar, computed once per class of URL: its origin, and which of the jar's paths
 * contain it. A call that falls into a known class does no jar work.
 */
export class CookieHeaders {
  private readonly jar: CookieJar;
  private readonly now: () => number;
  /** The jar's paths below `/`: what decides between URLs of one origin. */
  private readonly paths: string[];
  /** A plain map: each revision of a session makes one, and an `LRUCache` takes hundreds of times longer to make. */
  private readonly known = new Map<string, CookieClass>();

  constructor(stored: StoredJar, now: () => number) {
    this.jar = openJar(stored);
    this.now = now;
    this.paths = [...new Set(stored.cookies.map(({ path }) => path))].filter((path) => path !== '/');
  }

  /** What is sent to an absolute URL. */
  for(url: string): CookieClass {
    const name = this.classOf(url);
    const known = this.known.get(name);
    if (known && this.now() < known.until) return known;
    const fresh = this.compute(url);
    if (this.known.size >= 256) this.known.clear();
    this.known.set(name, fresh);
    return fresh;
  }

  private classOf(url: string): string {
    const start = url.indexOf('/', url.indexOf('://') + 3);
    const origin = start < 0 ? url : url.slice(0, start);
    if (this.paths.length === 0) return origin;
    const end = url.slice(start).search(/[?#]/);
    const path = start < 0 ? '/' : end < 0 ? url.slice(start) : url.slice(start, start + end);
    let name = origin;
    for (const [index, prefix] of this.paths.entries()) if (pathMatches(path, prefix)) name += ` ${index}`;
    return name;
  }

  private compute(url: string): CookieClass {
    const now = this.now();
    // Expiry is judged here, by the injected clock.
    const cookies = this.jar
      .getCookiesSync(url, { expire: false, sort: true })
      .filter((cookie) => until(cookie) > now);
    const header = cookies.map((cookie) => cookie.cookieString()).join('; ');
    return {
      header: header === '' ? undefined : header,
      pairs: cookies.map(({ key, value }) => [key, value] as const),
      until: Math.min(...cookies.map(until), Number.POSITIVE_INFINITY),
    };
  }
}

function until(cookie: { expires: Date | 'Infinity' | null }): number {
  return cookie.expires instanceof Date ? cookie.expires.getTime() : Number.POSITIVE_INFINITY;
}

/** RFC 6265 5.1.4. */
function pathMatches(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || prefix.endsWith('/') || path[prefix.length] === '/';
}

/** Names and values as templates see them: of two cookies with one name, the one for `baseUrl` wins. */
export function cookieValues(stored: StoredJar, baseUrl: string, now: number): Record<string, string> {
  const live = stored.cookies.filter((cookie) => expiresAt(cookie) > now);
  const values = Object.fromEntries(live.map(({ key, value }) => [key, value]));
  for (const cookie of openJar(stored).getCookiesSync(baseUrl, { expire: false, allPaths: true })) {
    if (until(cookie) > now) values[cookie.key] = cookie.value;
  }
  return values;
}

/**
 * `sessionHeaders` rendered; one whose cookie or value is absent is left out. Lower-case names.
 * @throws GatewayError `CONFIGURATION_ERROR` naming any other value that is missing.
 */
export function renderSessionHeaders(
  definition: PlatformDefinition,
  scope: Pick<TemplateScope, 'cookie' | 'session' | 'credentials' | 'now'>,
): Record<string, string> {
  const templates = definition.auth.sessionHeaders;
  const full = { ...scope, settings: definition.settings };
  const headers: Record<string, string> = {};
  for (const [name, template] of Object.entries(templates)) {
    const absent = [name, template].flatMap((each) => missingNames(each, full));
    if (absent.some((one) => /^(?:cookie|session)\./.test(one))) continue;
    Object.assign(headers, renderHeaders({ [name]: template }, full));
  }
  return headers;
}

/** Does rendering need the credentials? Most services' headers do not. */
export function headersNeedCredentials(definition: PlatformDefinition): boolean {
  const templates = definition.auth.sessionHeaders;
  return templatesOfHeaders(templates).some((template) =>
    placeholders(template).some((name) => name.startsWith('credentials.')),
  );
}
