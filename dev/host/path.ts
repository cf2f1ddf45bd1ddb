/**
 * The path of a request as a function of an HTTP API gets it (payload 2.0): decoded, twice. AWS's pages say only
 * that "API Gateway decodes URL-encoded request parameters before passing them to your backend integration"; the
 * rest is from captures of a real HTTP API (github.com/hotsock/voker, `vokerhttp/testdata/ingress-paths.json`, July
 * 2026), which `test/e2e/host.test.ts` repeats.
 */
export interface GatewayPath {
  /** What routes are compared with: decoded once. */
  routed: string;
  /** `rawPath` and `requestContext.http.path` of the event: decoded once more. */
  rawPath: string;
}

/**
 * @param sent as it stands in the request line, without query.
 * @returns `undefined` where API Gateway answers 400: an escape that is none, before or after the first decoding. A
 *   `?` that the first decoding brings out ends the path; what follows is lost.
 */
export function gatewayPath(sent: string): GatewayPath | undefined {
  const routed = decoded(sent)?.split('?', 1)[0];
  const rawPath = routed === undefined ? undefined : decoded(routed);
  return routed === undefined || rawPath === undefined ? undefined : { routed, rawPath };
}

/** As UTF-8; what is none becomes U+FFFD, which the functions refuse. */
function decoded(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}
