import middy from '@middy/core';
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { mayUse, ANONYMOUS, ROLES } from '../../lib/access/roles.ts';
import type { Principal, Role } from '../../lib/access/roles.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { problemResponse } from '../../lib/api/problem.ts';
import { createRouter } from '../../lib/api/router.ts';
import type { RouteMatch } from '../../lib/api/router.ts';
import type { Route } from '../../lib/api/routes/route.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import type { Log } from '../../lib/vendors/log/log.ts';
import { resultOf } from './http-result.ts';

/** The request context as the authorizer fills it; absent on public routes. */
type Event = APIGatewayProxyEventV2 & {
  requestContext: { authorizer?: { lambda?: Record<string, unknown> | null } };
};
type Result = APIGatewayProxyStructuredResultV2;

export type Serve<Id extends string> = (request: ApiRequest, match: RouteMatch<Id>) => Promise<ApiResponse>;

/** Reserved from the Lambda's time for writing records and answering, milliseconds. */
const MARGIN_MS = 400;

/**
 * A Lambda behind API Gateway's HTTP API (payload 2.0): event → `ApiRequest`, route table → authorization,
 * errors → problems. `serve` is a plain function, independent of Lambda; `finish` writes what was only
 * counted so far, before Lambda may freeze the process.
 */
export function httpFunction<Id extends string>(
  routes: Record<Id, Route>,
  serve: Serve<Id>,
  { log, finish }: { log: () => Log; finish: () => Promise<void> },
) {
  const matchRoute = createRouter(routes);
  return middy<Event, Result>()
    .use(problems(log))
    .handler(async (event, context) => {
      const request = requestOf(event, context);
      const match = matchRoute(request.method, request.path);
      if (!match) {
        throw new GatewayError('NOT_FOUND', `${request.method} ${request.path} was not found.`);
      }
      authorize(request.principal, match);
      const response = await serve({ ...request, params: match.params }, match);
      await finish();
      return resultOf(response, request.requestId);
    });
}

/** middy runs every `onError`, even for a failure before our own `before`: this one needs nothing but the event. */
function problems(log: () => Log): MiddlewareObj<Event, Result> {
  return {
    onError: (handler) => {
      const requestId = handler.event.requestContext.requestId;
      const { error } = handler;
      if (!isGatewayError(error) || error.code === 'INTERNAL')
        log().error('A request failed.', { requestId, error });
      handler.response = resultOf(problemResponse(error, requestId), requestId);
    },
  };
}

function authorize(principal: Principal, { route }: RouteMatch): void {
  if (mayUse(principal, route)) return;
  if (principal.role === 'none') {
    throw new GatewayError('UNAUTHENTICATED', 'Send "Authorization: Bearer gh_..." with a valid key.');
  }
  throw new GatewayError(
    'FORBIDDEN',
    `This requires the role ${route.role}; the key has the role ${principal.role}.`,
  );
}

function requestOf(event: Event, context: Pick<Context, 'getRemainingTimeInMillis'>): ApiRequest {
  const { http, requestId, authorizer } = event.requestContext;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = value;
  }
  return {
    method: http.method,
    path: event.rawPath,
    query: event.rawQueryString,
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    sourceIp: http.sourceIp,
    requestId,
    principal: principalOf(authorizer?.lambda),
    deadline: { at: Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS },
    params: {},
  };
}

/** Fails closed: an unknown role counts as anonymous. */
function principalOf(context: Record<string, unknown> | null | undefined): Principal {
  const { role, principal } = context ?? {};
  return ROLES.includes(role as Role) && typeof principal === 'string'
    ? { role: role as Role, id: principal }
    : ANONYMOUS;
}
