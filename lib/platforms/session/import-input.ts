/** What a person hands over of a session that a browser has opened (SPEC 5): its shape, and whether it fits the platform. */
import { isIP } from 'node:net';
import type { CookieJar } from 'tough-cookie';
import * as z from 'zod';
import { ValueName } from '../../definition/extractor/schema.ts';
import { HeaderName } from '../../definition/fields.ts';
import { invalid } from '../../definition/stored.ts';
import type { FieldError } from '../../runtime/errors.ts';
import { createJar, JAR_LIMITS, storeJar } from '../cookies/jar.ts';
import type { StoredJar } from '../cookies/jar.ts';
import { sessionValueNames } from '../definition.ts';
import type { PlatformDefinition } from '../definition.ts';
import { MAX_VALUES } from '../login/values.ts';

/** As header values can carry them, RFC 6265 4.1.1 less strictly: browsers send quotes, commas and spaces too. */
const COOKIE_NAME = /^[!#-+\--:<>-~]+$/;
const COOKIE_VALUE = /^[\x20-:<-~\x80-\xff]*$/;

const Moment = z.iso.datetime({ offset: true });

export const ImportedCookie = z.strictObject({
  name: z.string().max(256).regex(COOKIE_NAME, 'is not a cookie name'),
  value: z
    .string()
    .max(JAR_LIMITS.cookieBytes - 256)
    .regex(COOKIE_VALUE, 'must not contain ";", control characters, or what is not Latin-1'),
  domain: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("For all hosts of this domain. Absent: for `baseUrl`'s host alone."),
  path: z
    .string()
    .max(1_024)
    .regex(/^\/[!-:<-~]*$/, 'must start with "/"')
    .default('/'),
  expires: Moment.optional(),
  secure: z.boolean().default(false),
});
export type ImportedCookie = z.output<typeof ImportedCookie>;

const CookieList = z.array(ImportedCookie).max(JAR_LIMITS.perDomain);
const CookieHeader = z.string().max(64 * 1_024);

export const SessionImport = z.strictObject({
  cookies: z
    .union([CookieList, CookieHeader], { error: 'must be a list, or a Cookie header' })
    .optional()
    .describe('A list, or the `Cookie` header that the browser sends: `a=b; c=d`.'),
  headers: z
    .record(
      HeaderName,
      z
        .string()
        .min(1)
        .max(8_192)
        .regex(/^[\x20-~\x80-\xff]*$/, 'must be one line of Latin-1'),
    )
    .default({})
    .describe('Sent with every call; where `sessionHeaders` give one of the same name, theirs is.'),
  values: z
    .record(ValueName, z.json())
    .default({})
    .describe('`{{session.x}}`: names that the login extracts, or that `sessionValues` declare.'),
  expiresAt: Moment.optional().describe('When it ends. Absent: after `sessionTimeoutSeconds`.'),
});
export type SessionImport = z.output<typeof SessionImport>;

export interface ReadImport {
  jar: StoredJar;
  /** Lower-case names. */
  headers: Record<string, string>;
  values: SessionImport['values'];
  /** Milliseconds since the epoch. */
  endsAt: number;
}

/** The last moment that has an ISO date of four-digit years. */
const LAST = Date.UTC(9_999, 0);

/** The message, the connection, or the cookies themselves: not of a session. */
const NOT_OF_A_SESSION =
  /^(?:accept-encoding|connection|content-.+|cookie2?|expect|host|keep-alive|proxy-.+|te|trailer|transfer-encoding|upgrade)$/;

/** @throws GatewayError `VALIDATION_FAILED` naming every field that does not fit: `cookies.3.domain`. */
export function readImport(definition: PlatformDefinition, input: SessionImport, now: number): ReadImport {
  const { auth, baseUrl } = definition;
  const faults: FieldError[] = [];
  const cookies =
    typeof input.cookies === 'string' ? readHeader(input.cookies, faults) : (input.cookies ?? []);
  const jar = createJar();
  for (const [at, cookie] of cookies.entries()) {
    const fault = put(jar, cookie, { baseUrl, now, field: `cookies.${at}` });
    if (fault) faults.push(fault);
  }
  const headers = Object.fromEntries(
    Object.entries(input.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  for (const name of Object.keys(input.headers)) {
    if (!NOT_OF_A_SESSION.test(name.toLowerCase())) continue;
    faults.push({ field: `headers.${name}`, message: 'is not a header of a session' });
  }
  faults.push(...valueFaults(input.values, sessionValueNames(auth)));
  const endsAt = Math.min(
    input.expiresAt === undefined ? now + auth.sessionTimeoutSeconds * 1_000 : Date.parse(input.expiresAt),
    LAST,
  );
  if (endsAt <= now) faults.push({ field: 'expiresAt', message: 'is in the past' });
  const isEmpty = cookies.length + Object.keys(headers).length + Object.keys(input.values).length === 0;
  if (isEmpty && faults.length === 0) {
    faults.push({ field: 'cookies', message: 'is required, unless headers or values are given' });
  }
  if (faults.length > 0) throw invalid(faults);
  return { jar: storeJar(jar, now), headers, values: input.values, endsAt };
}

/** RFC 6265 4.2.1, strictly: a pasted line that is not quite a `Cookie` header is no session. */
function readHeader(header: string, faults: FieldError[]): ImportedCookie[] {
  const fault = (message: string) => void faults.push({ field: 'cookies', message });
  const cookies: ImportedCookie[] = [];
  const names = new Set<string>();
  for (const [at, pair] of header.trim().split(/; ?/).entries()) {
    const equals = pair.indexOf('=');
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    if (equals < 0 || /^cookie:/i.test(name) || !COOKIE_NAME.test(name) || !COOKIE_VALUE.test(value)) {
      fault(`is no Cookie header: its pair ${at + 1} is not name=value`);
    } else if (names.has(name)) {
      fault(`names ${name} twice: give a list, with their paths`);
    } else if (pair.length > JAR_LIMITS.cookieBytes) {
      fault(`has a pair ${at + 1} of more than ${JAR_LIMITS.cookieBytes} characters`);
    }
    names.add(name);
    cookies.push({ name, value, path: '/', secure: /^__(?:secure|host)-/i.test(name) });
  }
  if (cookies.length > JAR_LIMITS.perDomain) fault(`has more than ${JAR_LIMITS.perDomain} cookies`);
  return faults.length > 0 ? [] : cookies;
}

/** Puts a cookie into the jar as if the platform had set it. @returns why it would never be sent there. */
function put(
  jar: CookieJar,
  { name, value, domain, path, expires, secure }: ImportedCookie,
  { baseUrl, now, field }: { baseUrl: string; now: number; field: string },
): FieldError | undefined {
  const { hostname, origin } = new URL(baseUrl);
  const ofDomain = domain?.replace(/^\./, '').toLowerCase();
  const fits =
    ofDomain === undefined || ofDomain === hostname || (!isIP(hostname) && hostname.endsWith(`.${ofDomain}`));
  if (!fits) return { field: `${field}.domain`, message: `is not a domain of ${hostname}` };
  if (expires !== undefined && Date.parse(expires) <= now) {
    return { field: `${field}.expires`, message: 'is in the past' };
  }
  const isHostOnly = ofDomain === undefined || isIP(hostname) || !hostname.includes('.');
  const line = [
    `${name}=${value}`,
    `Path=${path}`,
    ...(isHostOnly ? [] : [`Domain=${ofDomain}`]),
    ...(expires === undefined ? [] : [`Expires=${new Date(expires).toUTCString()}`]),
    ...(secure ? ['Secure'] : []),
  ].join('; ');
  const url = origin + path;
  jar.setCookieSync(line, url, { ignoreError: true, now: new Date(now) });
  const isThere = jar.getCookiesSync(url, { expire: false }).some((each) => each.key === name);
  return isThere ? undefined : { field, message: `would never be sent to ${origin}` };
}

function valueFaults(values: SessionImport['values'], declared: readonly string[]): FieldError[] {
  if (JSON.stringify(values).length > MAX_VALUES) {
    return [{ field: 'values', message: `is longer than ${MAX_VALUES} characters` }];
  }
  return Object.keys(values)
    .filter((name) => !declared.includes(name))
    .map((name) => ({
      field: `values.${name}`,
      message: 'is not declared: auth.sessionValues does not name it, and the login does not extract it',
    }));
}
