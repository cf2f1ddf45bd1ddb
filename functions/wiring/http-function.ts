import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { authorize } from '../../lib/api/authorize.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { problemResponse } from '../../lib/api/problem.ts';
import { createRouter } from '../../lib/api/router.ts';
import type { RouteMatch } from '../../lib/api/router.ts';
import type { Route } from '../../lib/api/routes/route.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';
import { requestIdOf } from '../../lib/runtime/request-id.ts';
import { resultOf } from './http-result.ts';
import { observed } from './invocation.ts';
import type { Outcome } from './invocation.ts';
import { principalOf } from './principal-context.ts';
import { arrivalOf, deadlineOf } from './request-time.ts';
import { routeGroup } from './route-group.ts';

/** The request context as the authorizer fills it; absent on public routes. */
type Event = APIGatewayProxyEventV2 & {
  requestContext: { authorizer?: { lambda?: Record<string, unknown> | null } };
};
type Result = APIGatewayProxyStructuredResultV2;

export type Serve<Id extends string> = (request: ApiRequest, match: RouteMatch<Id>) => Promise<ApiResponse>;

/**
 * A Lambda behind API Gateway's HTTP API (payload 2.0): event → `ApiRequest`, route table → authorization,
 * errors → problems. `serve` is a plain function, independent of Lambda; `finish` writes what was only
 * counted so far, before Lambda may freeze the process.
 */
export function httpFunction<Id extends string>(
  routes: Record<Id, Route>,
  serve: Serve<Id>,
  { finish }: { finish: () => Promise<void> },
) {
  const matchRoute = createRouter(routes);

  async function answer(request: ApiRequest, match: RouteMatch<Id> | undefined): Promise<ApiResponse> {
    try {
      if (!match) throw new GatewayError('NOT_FOUND', `${request.method} ${request.path} was not found.`);
      const response = await serve(authorize({ ...request, params: match.params }, match.route), match);
      await finish();
      return response;
    } catch (error) {
      return problemResponse(error, request.requestId);
    }
  }

  return middy<Event, Result>().handler(async (event, context) => {
    const request = requestOf(event, context);
    const match = matchRoute(request.method, request.path);
    const group = { routeGroup: match ? routeGroup(match.route.path) : 'none' };
    const { requestId } = request;
    const { result } = await observed(
      context,
      requestId,
      async () => {
        const response = await answer(request, match);
        return { response, result: resultOf(response, requestId) };
      },
      (answered) => ({ ...group, ...outcomeOf(answered) }),
      group,
    );
    return result;
  });
}

interface Answered {
  response: ApiResponse;
  result: Result;
}

/**
 * An answer that was kept, or that was too large to send, tells its cause by its body alone. One with a cause is a failure
 * of ours, whatever its status: some partners insist on 200.
 */
function outcomeOf({ response, result }: Answered): Omit<Outcome, 'routeGroup'> {
  const { statusCode: status = 500, body } = result;
  if (response.cause !== undefined && response.status === status) return { status, cause: response.cause };
  if (status < 500) return { status };
  const code = /"code":"([A-Z_]+)"/.exec(body ?? '')?.[1];
  return code === undefined ? { status } : { status, code };
}

function requestOf(event: Event, context: Pick<Context, 'getRemainingTimeInMillis'>): ApiRequest {
  const { http, requestId, timeEpoch, authorizer } = event.requestContext;
  const now = clock.now();
  const arrivedAt = arrivalOf(timeEpoch, now);
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
    requestId: requestIdOf(arrivedAt, requestId),
    principal: principalOf(authorizer?.lambda),
    deadline: deadlineOf(arrivedAt, now, context.getRemainingTimeInMillis()),
    params: {},
  };
}
