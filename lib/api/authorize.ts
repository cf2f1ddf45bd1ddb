import { createHash, timingSafeEqual } from 'node:crypto';
import { mayUse } from '../access/roles.ts';
import type { PersonalSession, Principal } from '../access/roles.ts';
import { coversOperation, coversRoute } from '../access/scopes.ts';
import type { ScopeTarget } from '../access/scopes.ts';
import { GatewayError } from '../runtime/errors.ts';
import { parseQuery } from './input.ts';
import type { ApiRequest } from './message.ts';
import type { Route } from './routes/route.ts';

const CSRF_HEADER = 'x-csrf-token';
/** They change nothing: what another site has a browser ask, it cannot read. */
const READS = new Set(['GET', 'HEAD']);

/**
 * Lets a request pass as its route requires, by role, CSRF token and scope. Answers it without what only the gateway may
 * see of a person's request.
 * @throws GatewayError `UNAUTHENTICATED`, `FORBIDDEN`; `STORE_UNAVAILABLE` where nobody could tell who it is;
 *   `VALIDATION_FAILED` for a query in which the service cannot be read that a scope would have to cover.
 */
export function authorize(request: ApiRequest, route: Route): ApiRequest {
  const { principal } = request;
  if (!mayUse(principal, route)) throw refusal(principal, route);
  if (route.role === 'public') return request;
  if (principal.session) return withoutCookie(checkCsrf(request, principal.session));
  if (principal.scopes && !coversRoute(principal.scopes, route.scope, targetOf(request, route))) {
    throw notCovered();
  }
  return request;
}

/** For one entry of a batch on the service of the path. @throws GatewayError `FORBIDDEN` outside the key's scopes. */
export function authorizeOperation({ principal, params }: ApiRequest, operation: string): void {
  if (!coversOperation(principal.scopes, params['code'] ?? '', operation)) throw notCovered();
}

const notCovered = () => new GatewayError('FORBIDDEN', 'The scopes of this key do not cover this.');

function refusal(principal: Principal, route: Route): GatewayError {
  if (principal.role === 'unknown') {
    return new GatewayError('STORE_UNAVAILABLE', 'The key could not be checked; try again.', {
      retryAfterSeconds: 1,
    });
  }
  if (principal.role === 'none') {
    return new GatewayError('UNAUTHENTICATED', 'Send "Authorization: Bearer gh_..." with a valid key.');
  }
  const who = principal.session ? 'your session' : 'the key';
  const needed =
    route.role === 'caller' ? `viewers may look, not call` : `this requires the role ${route.role}`;
  return new GatewayError('FORBIDDEN', `The role of ${who} is ${principal.role}: ${needed}.`);
}

function checkCsrf(request: ApiRequest, { csrfToken }: PersonalSession): ApiRequest {
  if (READS.has(request.method) || isSame(request.headers[CSRF_HEADER] ?? '', csrfToken)) return request;
  throw new GatewayError(
    'FORBIDDEN',
    'With the cookie, send the csrfToken of your session as X-CSRF-Token (GET /v1/session shows it).',
  );
}

/** Hashed first: their lengths may differ. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** A third party behind the raw proxy is told neither. */
function withoutCookie(request: ApiRequest): ApiRequest {
  const { cookie: _cookie, [CSRF_HEADER]: _token, ...headers } = request.headers;
  return { ...request, headers };
}

/** The service that a request is about: of its path, else of its query, with the default that the route has. */
function targetOf(request: ApiRequest, { scope, query }: Route): ScopeTarget {
  const { code, operation } = request.params;
  if (code !== undefined || scope !== 'service' || !query) return { service: code, operation };
  const { service } = parseQuery(query, request) as { service?: string };
  return { service, operation };
}
