/**
 * The path of a raw proxied request: refused unless every interpretation of it is within the service's
 * `allowedPaths`. An accepted path is sent unchanged.
 */
import { GatewayError } from '../../runtime/errors.ts';
import { decodings, holdsDotSegment } from '../../text/path-hazards.ts';

const MAX_PATH = 8_192;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;
/** A `%` that begins no escape, or what decoding made of bytes that are no UTF-8. */
const UNREADABLE = /%(?![0-9a-f]{2})|\ufffd/i;

/**
 * @param rawPath what follows `/proxy`, decoded, as API Gateway's HTTP API hands it to us, or still percent-encoded.
 * @param allowedPaths `*` at the end of a pattern stands for any rest, slashes included; elsewhere for any
 *   characters of one segment. Everything else is literal. No pattern: nothing is allowed.
 * @returns the path to send: unchanged, but for characters no request line can carry; these are
 *   percent-encoded as UTF-8.
 * @throws GatewayError `MALFORMED_REQUEST` for NUL, CR, LF and other controls, encoded or not, for broken escapes
 *   and for what was no UTF-8 before it was decoded; `PATH_NOT_ALLOWED` for whatever could be read as another path, or matches no pattern.
 */
export function safeProxyPath(rawPath: string, allowedPaths: readonly string[]): string {
  if (!rawPath.isWellFormed() || UNREADABLE.test(rawPath)) throw malformed();
  if (!rawPath.startsWith('/') || rawPath.length > MAX_PATH) throw notAllowed();
  const views = decodings(rawPath);
  if (views === undefined) throw notAllowed();
  if (views.some((view) => CONTROL.test(view))) throw malformed();
  if (views.some(isAmbiguous)) throw notAllowed();
  if (allowedBy(rawPath, allowedPaths, views) === undefined) throw notAllowed();
  return encodeUnsafe(rawPath);
}

/** The first pattern that allows a path. */
export function allowedBy(
  rawPath: string,
  allowedPaths: readonly string[],
  views = decodings(rawPath) ?? [],
): string | undefined {
  return allowedPaths.find((pattern) => allows(pattern, rawPath, views));
}

/** Could a server take this reading for another path, or for another host? */
function isAmbiguous(view: string): boolean {
  return view.startsWith('//') || view.includes('\\') || holdsDotSegment(view);
}

/**
 * A pattern must allow the path as it is segmented on the wire, and as a server sees it that decodes first
 * and segments then: an encoded slash must not carry a path past a pattern.
 */
function allows(pattern: string, rawPath: string, views: string[]): boolean {
  if (!matches(canonical(pattern), canonical(rawPath))) return false;
  const decodedPattern = (decodings(pattern) ?? []).at(-1);
  return decodedPattern !== undefined && matches(decodedPattern, views.at(-1)!);
}

/** Linear in the length of the path: each literal piece is looked for once, from where the last one ended. */
function matches(pattern: string, path: string): boolean {
  const patternSegments = pattern.split('/');
  const segments = path.split('/');
  const last = patternSegments.length - 1;
  for (let i = 0; i < last; i++) {
    const segment = segments[i];
    if (segment === undefined || !matchesText(patternSegments[i]!, segment)) return false;
  }
  if (segments.length <= last) return false;
  const open = patternSegments[last]!.endsWith('*');
  if (!open && segments.length > patternSegments.length) return false;
  return matchesText(patternSegments[last]!, segments.slice(last).join('/'));
}

function matchesText(pattern: string, text: string): boolean {
  const pieces = pattern.split('*');
  const [first, ...rest] = pieces as [string, ...string[]];
  const final = rest.pop();
  if (final === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - final.length >= at && text.endsWith(final);
}

/** RFC 3986 6.2.2: the path with escapes in upper case and unnecessary ones decoded. */
function canonical(path: string): string {
  return encodeUnsafe(path).replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase();
  });
}

/** What is left of a decoded path: spaces, letters beyond ASCII, and `?` and `#`, which would end the path. */
function encodeUnsafe(path: string): string {
  return path.replace(/[^\x21-\x7e]+|[?#"<>^`{|}]/gu, (text) => encodeURIComponent(text));
}

function malformed(): GatewayError {
  return new GatewayError('MALFORMED_REQUEST', 'The path contains an invalid character or escape.');
}

function notAllowed(): GatewayError {
  return new GatewayError('PATH_NOT_ALLOWED', 'This path is not allowed by `allowedPaths`.');
}
