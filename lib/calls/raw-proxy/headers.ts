/** Which headers the raw proxy passes on, in both directions (SPEC 4). Pure functions. */
import { LRUCache } from 'lru-cache';

/** Hop-by-hop: they concern one connection, not the message (RFC 9110 7.6.1). `proxy-*` is among them. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

const NEVER_SENT: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  // Set by the gateway, or the caller's credentials for it.
  'authorization',
  'cookie',
  'cookie2',
  'host',
  'x-request-id',
  // Set by the transport.
  'accept-encoding',
  'content-length',
  'expect',
  // They reveal the caller, and some platforms trust them.
  'forwarded',
  'via',
  'client-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-originating-ip',
  'x-real-ip',
  'front-end-https',
  'x-proxyuser-ip',
  'x-remote-addr',
  'x-remote-ip',
  'x-scheme',
  'x-url-scheme',
]);
/** Added by proxies and clouds, or ours. */
const NEVER_SENT_PREFIX =
  /^(?:proxy|x-forwarded|x-amzn|x-amz-cf|cloudfront|x-gatehouse|cf|x-envoy|fastly|x-auth-request|x-ssl|ssl|x-middleware|x-accel)-|^x-forwarded$/;

/** Some servers take path, host, method, proxy or user from these: they would bypass `allowedPaths` and more. */
const SENT_IF_ALLOWED: ReadonlySet<string> = new Set([
  // CGI makes it `HTTP_PROXY`, which HTTP clients on the server obey ("httpoxy").
  'proxy',
  'remote-user',
  'x-host',
  'x-http-host-override',
  'x-http-method',
  'x-http-method-override',
  'x-http-path-override',
  'x-method-override',
  'x-override-url',
  'x-remote-user',
]);
const SENT_IF_ALLOWED_PREFIX = /^x-(?:original|rewrite)(?:-|$)/;

const NOT_RETURNED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  // The session and our credentials must not reach a caller.
  'authorization',
  'set-cookie',
  'set-cookie2',
  // They reveal the platform's software.
  'server',
  'via',
  'x-powered-by',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-generator',
  'x-runtime',
  // A request header: from a platform it can only reveal its real host.
  'host',
  // Of the encoded body; it has been decoded since.
  'content-length',
  // They would apply to the gateway's origin, not to the platform's.
  'alt-svc',
  'clear-site-data',
  'nel',
  'public-key-pins',
  'refresh',
  'report-to',
  'service-worker-allowed',
  'strict-transport-security',
  'timing-allow-origin',
  // Set by the gateway, or about its own limits and keys.
  'apigw-requestid',
  'idempotency-key',
  'idempotency-replayed',
  'ratelimit',
  'server-timing',
  'x-request-id',
]);
const NOT_RETURNED_PREFIX =
  /^(?:proxy|access-control|ratelimit|x-rate-?limit|x-gatehouse|x-amzn|x-amz-cf)-|^x-rate-?limit$/;

/** A page of a platform runs no script in the gateway's origin, and no answer is taken for a page. */
const OF_EVERY_ANSWER = { 'content-security-policy': 'sandbox', 'x-content-type-options': 'nosniff' };

interface NameRules {
  /** As servers fold it: CGI, WSGI and PHP make `X_Forwarded_For` and `X.Forwarded.For` one name. */
  folded: string;
  neverSent: boolean;
  sentIfAllowed: boolean;
  notReturned: boolean;
  isConnection: boolean;
}

/** Requests and answers repeat their names; a longer one is somebody's own. */
const known = new LRUCache<string, NameRules>({ max: 1_000 });
const LONGEST_KNOWN = 64;

function rulesOf(name: string): NameRules {
  const found = known.get(name);
  if (found) return found;
  const folded = name.toLowerCase().replace(/[^a-z0-9]/g, '-');
  const rules = {
    folded,
    neverSent: NEVER_SENT.has(folded) || NEVER_SENT_PREFIX.test(folded),
    sentIfAllowed: SENT_IF_ALLOWED.has(folded) || SENT_IF_ALLOWED_PREFIX.test(folded),
    notReturned: NOT_RETURNED.has(folded) || NOT_RETURNED_PREFIX.test(folded),
    isConnection: /^(?:proxy-)?connection$/.test(folded),
  };
  if (name.length <= LONGEST_KNOWN) known.set(name, rules);
  return rules;
}

/** Not even `allowedHeaders` lets it pass. */
export const isNeverSent = (name: string): boolean => rulesOf(name).neverSent;

/**
 * The caller's headers as they go out to the platform, before the service's own and its authentication are
 * added. Names become lower-case; what the `Connection` header names is dropped with it.
 *
 * @param allowed names that the definition lets pass although servers may take path, host or method from them.
 *   As spelled there, in any case: another spelling would be a second header to one and the same reader.
 */
export function outboundHeaders(
  callerHeaders: Record<string, string | undefined>,
  allowed: readonly string[] = [],
): Record<string, string> {
  const named = new Set(allowed.map((name) => name.toLowerCase()));
  return keep(
    callerHeaders,
    (name, { neverSent, sentIfAllowed }) => !neverSent && (!sentIfAllowed || named.has(name)),
  );
}

/** The headers of the caller that no header of ours is the same as, to a server that folds names. */
export function withoutOurs(
  callerHeaders: Record<string, string>,
  ours: Record<string, string>,
): Record<string, string> {
  const names = new Set(Object.keys(ours).map((name) => rulesOf(name).folded));
  return keep(callerHeaders, (_, { folded }) => !names.has(folded));
}

/** They differ between two sendings of one request: who traces it, and which software sends it. */
const NOT_IDENTIFYING =
  /^(user-agent|traceparent|tracestate|baggage|b3|x-b3-.+|x-trace-id|x-span-id|x-correlation-id|x-cloud-trace-context|x-datadog-.+|sentry-trace|uber-trace-id|idempotency-key)$/;

/** Of the caller's headers those that make it this request and no other: all that go out, less tracing. */
export function identifyingHeaders(
  callerHeaders: Record<string, string | undefined>,
): Record<string, string> {
  const passed = Object.entries(outboundHeaders(callerHeaders));
  return Object.fromEntries(passed.filter(([name]) => !NOT_IDENTIFYING.test(name)));
}

/**
 * The platform's headers as they go back to the caller. A `Location` stays only when it leads back into the
 * service, that is to the origin of its `baseUrl`.
 */
export function inboundHeaders(
  upstream: Record<string, string | undefined>,
  { baseUrl }: { baseUrl: string },
): Record<string, string> {
  const kept = keep(upstream, (_, { notReturned }) => !notReturned);
  for (const name of ['location', 'content-location']) {
    const value = kept[name];
    if (value !== undefined && !isInside(value, baseUrl)) delete kept[name];
  }
  return { ...kept, ...OF_EVERY_ANSWER };
}

/** @param wanted is asked with the name in lower case. */
function keep(
  headers: Record<string, string | undefined>,
  wanted: (name: string, rules: NameRules) => boolean,
): Record<string, string> {
  const given: { name: string; value: string; rules: NameRules }[] = [];
  const named = new Set<string>();
  for (const [spelt, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const name = spelt.toLowerCase();
    const rules = rulesOf(name);
    given.push({ name, value, rules });
    if (!rules.isConnection) continue;
    for (const token of value.split(',')) named.add(rulesOf(token.trim()).folded);
  }
  const kept: Record<string, string> = {};
  for (const { name, value, rules } of given) {
    if (!named.has(rules.folded) && wanted(name, rules)) kept[name] = value;
  }
  return kept;
}

/** Resolved as a browser would, so that `//host`, `/\host` and the like count as the other host they name. */
function isInside(location: string, baseUrl: string): boolean {
  const target = URL.parse(location, baseUrl);
  const service = URL.parse(baseUrl);
  if (!target || !service) return false;
  return target.origin === service.origin && target.username === '' && target.password === '';
}
