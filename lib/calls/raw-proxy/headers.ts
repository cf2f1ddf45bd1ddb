/** Which headers the raw proxy passes on, in both directions (SPEC 4). Pure functions. */

/** Hop-by-hop: they concern one connection, not the message (RFC 9110 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const NOT_SENT: ReadonlySet<string> = new Set([
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
  'x-real-ip',
  // Some frameworks take path, host or method from these: they would bypass `allowedPaths`.
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-original-host',
  'x-host',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
]);

/** Added by proxies and clouds. */
const NOT_SENT_PREFIX = /^(x-forwarded-|x-forwarded$|x-amzn-|x-amz-cf-|cloudfront-|x-gatehouse-|cf-)/;

const NOT_RETURNED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  // The session must not reach a caller.
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
  // Set by the gateway.
  'server-timing',
  'x-request-id',
]);

const NOT_RETURNED_PREFIX = /^(x-gatehouse-|proxy-)/;

/**
 * The caller's headers as they go out to the platform, before the service's own and its authentication are
 * added. Names become lower-case; what the `Connection` header names is dropped with it.
 */
export function outboundHeaders(callerHeaders: Record<string, string | undefined>): Record<string, string> {
  return keep(callerHeaders, (name) => !NOT_SENT.has(name) && !NOT_SENT_PREFIX.test(name));
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
  const kept = keep(upstream, (name) => !NOT_RETURNED.has(name) && !NOT_RETURNED_PREFIX.test(name));
  for (const name of ['location', 'content-location']) {
    const value = kept[name];
    if (value !== undefined && !isInside(value, baseUrl)) delete kept[name];
  }
  return kept;
}

function keep(
  headers: Record<string, string | undefined>,
  wanted: (name: string) => boolean,
): Record<string, string> {
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const named = new Set(
    lowerCase
      .filter(([name]) => name === 'connection' || name === 'proxy-connection')
      .flatMap(([, value]) => (value ?? '').toLowerCase().split(','))
      .map((token) => token.trim()),
  );
  const kept: Record<string, string> = {};
  for (const [name, value] of lowerCase) {
    if (value !== undefined && !named.has(name) && wanted(name)) kept[name] = value;
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
