import type { CookieJar } from 'tough-cookie';
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import { isSecretName } from '../../text/redaction/names.ts';
import { createJar, openJar, storeJar } from '../cookies/jar.ts';
import { cookiesOfHost, listed } from './found.ts';
import type { Found } from './found.ts';

const Named = z.object({ name: z.string(), value: z.string() });
/** Entries of a stranger's file: what is not as HAR 1.2 has it holds nothing. */
const Pairs = z.array(Named.or(z.unknown().transform(() => undefined))).catch([]);
const Har = z.object({
  log: z.object({
    entries: z.array(
      z.object({
        startedDateTime: z.string().catch(''),
        request: z
          .object({ url: z.string().catch(''), headers: Pairs, cookies: Pairs })
          .optional()
          .catch(undefined),
        response: z.object({ headers: Pairs }).optional().catch(undefined),
      }),
    ),
  }),
});

/** One request of the recording, and what its answer set. */
interface Visit {
  at: number;
  url: URL;
  headers: [name: string, value: string][];
  /** Sent with it. */
  cookies: [name: string, value: string][];
  setCookies: string[];
}

/**
 * The session that a browser had at the end of its recording: cookies are kept as it kept them, request by request.
 * @param host `baseUrl`'s. @param wanted headers to take, those of the newest request that has them.
 * @throws GatewayError `VALIDATION_FAILED` for a document that is not a HAR.
 */
export function sessionOfHar(
  document: unknown,
  { host, wanted, now }: { host: string; wanted: readonly string[]; now: number },
): Found {
  const visits = visitsOf(document, now);
  const own = visits.filter(({ url }) => url.hostname === host);
  const jar = createJar();
  for (const visit of own) remember(jar, visit);
  const stored = storeJar(jar, now).cookies.map(({ key, expires, hostOnly, secure, ...cookie }) => ({
    ...cookie,
    name: key,
    hostOnly: hostOnly ?? true,
    secure: secure ?? false,
    expires: expires === undefined ? undefined : Date.parse(expires),
  }));
  const { cookies, leftOut } = cookiesOfHost(stored, host, now);
  const foreign = visits.filter((visit) => visit.url.hostname !== host && hasCookies(visit));
  const headers = new Map(own.flatMap((visit) => visit.headers));
  const taken = wanted.flatMap((name) => {
    const value = headers.get(name.toLowerCase());
    return value === undefined ? [] : [[name.toLowerCase(), value] as const];
  });
  const names = wanted.map((name) => name.toLowerCase());
  return {
    cookies,
    headers: Object.fromEntries(taken),
    leftOut: [
      ...leftOut,
      ...listed('of other hosts', new Set(foreign.map(({ url }) => url.hostname))),
      ...[...headers.keys()]
        .filter((name) => isSecretName(name) && name !== 'cookie' && !names.includes(name))
        .map((name) => `header ${name.slice(0, 80)}: take it with --with-headers`),
      ...names.filter((name) => !headers.has(name)).map((name) => `header ${name}: no request has it`),
    ],
  };
}

const hasCookies = ({ cookies, setCookies }: Visit) => cookies.length + setCookies.length > 0;

/** In the order in which they were made; the recording need not have it. */
function visitsOf(document: unknown, now: number): Visit[] {
  const parsed = Har.safeParse(document);
  if (!parsed.success) {
    throw new GatewayError('VALIDATION_FAILED', 'This is not a HAR file: log.entries is missing.');
  }
  const visits = parsed.data.log.entries.flatMap(({ startedDateTime, request, response }): Visit[] => {
    const url = URL.parse(request?.url ?? '');
    if (!request || !url || !/^https?:$/.test(url.protocol)) return [];
    const started = Date.parse(startedDateTime);
    const headers = pairs(request.headers).map(([name, value]): [string, string] => [
      name.toLowerCase(),
      value,
    ]);
    const sent = headers.filter(([name]) => name === 'cookie').flatMap(([, value]) => cookiePairs(value));
    const setCookies = pairs(response?.headers ?? [])
      .filter(([name]) => name.toLowerCase() === 'set-cookie')
      .flatMap(([, value]) => value.split('\n'));
    const cookies = sent.length > 0 ? sent : pairs(request.cookies);
    return [{ at: Number.isNaN(started) ? now : started, url, headers, cookies, setCookies }];
  });
  return visits.sort((a, b) => a.at - b.at);
}

const pairs = (named: readonly ({ name: string; value: string } | undefined)[]): [string, string][] =>
  named.flatMap((one) => (one ? [[one.name, one.value]] : []));

const cookiePairs = (header: string): [string, string][] =>
  header.split(';').flatMap((pair): [string, string][] => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [] : [[pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]];
  });

/** A request shows a cookie's value, and not where it belongs: that is known where an answer has set it. */
function remember(jar: CookieJar, { url, at, cookies, setCookies }: Visit): void {
  const options = { ignoreError: true, now: new Date(at) };
  // A copy: looking at a cookie now would prolong it, and this is a recording.
  const known = openJar(storeJar(jar, at)).getCookiesSync(url.href, { sort: true, expire: false });
  for (const [name, value] of cookies) {
    const before = known.find(({ key }) => key === name);
    if (before?.value === value) continue;
    const secure = /^__(?:secure|host)-/i.test(name) ? '; Secure' : '';
    const fresh = before?.clone() ?? `${name}=${value}; Path=/${secure}`;
    if (typeof fresh !== 'string') fresh.value = value;
    jar.setCookieSync(fresh, url.href, options);
  }
  for (const line of setCookies) jar.setCookieSync(line, url.href, options);
}
