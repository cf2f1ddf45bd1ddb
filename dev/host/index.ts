/**
 * A thin stand-in for API Gateway, Lambda and EventBridge: functions run in this process behind a loopback
 * HTTP server, with payload 2.0 events in and out, the authorizer, time limits and size caps.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { localToken } from '../local-guard.ts';
import type { Declared } from './declared.ts';
import { readBody } from './body.ts';
import { targetOf, toAuthorizerEvent, toEvent } from './event.ts';
import { functionSet, FunctionTimedOut } from './functions.ts';
import type { FunctionHandler, Functions } from './functions.ts';
import { invocationServer } from './invocations.ts';
import { PAYLOAD_LIMIT, writeAnswer, writeMessage } from './response.ts';
import { routeMatcher } from './routes.ts';
import type { RouteMatch } from './routes.ts';
import { startSchedules } from './schedules.ts';

export interface HostOptions {
  declared: Declared;
  /** By short function name; a route to a function that is not there answers 500. */
  handlers: Readonly<Record<string, FunctionHandler>>;
  /** 0 (default): any free port. */
  port?: number;
  /** Port of the Lambda Invoke endpoint; 0 (default): any free port. */
  invocationPort?: number;
  /** Who knows it may invoke functions; default: a new one. */
  invocationToken?: string;
  /** Run the schedules; default true. */
  schedules?: boolean;
  /** One line per failure of a function; default: standard error. */
  log?: (entry: { function: string; error: string }) => void;
}

export interface Host {
  url: string;
  /** For `AWS_ENDPOINT_URL_LAMBDA`, with its token. */
  invocationUrl: string;
  functions: Functions;
  /** Reports that a function failed where nobody waits for its answer. */
  failed: (functionName: string, error: unknown) => void;
  stop(): Promise<void>;
}

const AuthorizerAnswer = z.object({
  isAuthorized: z.boolean(),
  context: z
    .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null)
    .default({}),
});

/** @throws the server's error when a port is taken (`code: 'EADDRINUSE'`); nothing is left listening. */
export async function startHost(options: HostOptions): Promise<Host> {
  const log = options.log ?? ((entry) => void process.stderr.write(`${JSON.stringify(entry)}\n`));
  const failed = (name: string, error: unknown) => log({ function: name, error: describe(error) });
  const functions = functionSet(options.declared.functions, options.handlers);
  const matcher = routeMatcher(options.declared.routes);
  const api = createServer((request, response) => {
    serve({ functions, matcher, failed }, request, response).catch((error: unknown) => {
      failed('host', error);
      writeMessage(response, 500, 'Internal Server Error');
    });
  });
  api.keepAliveTimeout = 65_000;
  const token = options.invocationToken ?? localToken();
  const invocations = invocationServer(functions, token, failed);
  const url = await listen(api, options.port ?? 0);
  const invocationAddress = await listen(invocations, options.invocationPort ?? 0).catch(
    async (error: unknown) => {
      await close(api);
      throw error;
    },
  );
  const schedules =
    options.schedules === false
      ? undefined
      : startSchedules(options.declared.functions, (name, event) => {
          functions.invoke(name, event).catch((error: unknown) => failed(name, error));
        });
  return {
    url,
    invocationUrl: `${invocationAddress}/${token}`,
    functions,
    failed,
    stop: async () => {
      schedules?.stop();
      await Promise.all([close(api), close(invocations)]);
    },
  };
}

interface ServeContext {
  functions: Functions;
  matcher: ReturnType<typeof routeMatcher>;
  failed: (functionName: string, error: unknown) => void;
}

async function serve(
  context: ServeContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = targetOf(request.url ?? '/');
  if (!target) return writeMessage(response, 400, 'Bad Request');
  const match = context.matcher(request.method ?? 'GET', target.routed);
  if (!match) return writeMessage(response, 404, 'Not Found');
  const body = await readBody(request, PAYLOAD_LIMIT);
  const event = body && toEvent(request, target, match, body);
  if (!event || (event.body?.length ?? 0) > PAYLOAD_LIMIT) {
    response.setHeader('connection', 'close');
    return writeMessage(response, 413, 'Request Entity Too Large');
  }
  if (!(await authorize(context, match, event, response))) return;
  await answer(context, match.route.functionName, event, response);
}

type Event = ReturnType<typeof toEvent>;

async function answer(
  context: ServeContext,
  name: string,
  event: Event,
  response: ServerResponse,
): Promise<void> {
  try {
    writeAnswer(response, await context.functions.invoke(name, event));
  } catch (error) {
    context.failed(name, error);
    if (error instanceof FunctionTimedOut) return writeMessage(response, 503, 'Service Unavailable');
    writeMessage(response, 500, 'Internal Server Error');
  }
}

/** Puts the authorizer's context into the event; answers itself where the request ends here. */
async function authorize(
  context: ServeContext,
  match: RouteMatch,
  event: Event,
  response: ServerResponse,
): Promise<boolean> {
  const { authorizer } = match.route;
  if (authorizer === undefined) return true;
  try {
    const returned = await context.functions.invoke(authorizer, toAuthorizerEvent(event));
    const { isAuthorized, context: authorizerContext } = AuthorizerAnswer.parse(returned);
    if (!isAuthorized) {
      writeMessage(response, 403, 'Forbidden');
      return false;
    }
    Object.assign(event.requestContext, { authorizer: { lambda: authorizerContext } });
    return true;
  } catch (error) {
    context.failed(authorizer, error);
    writeMessage(response, 500, 'Internal Server Error');
    return false;
  }
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** Idle connections are dropped, requests in flight get one second. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 1_000);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Name, code and message: no event, no stack with values in it. */
function describe(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}`
    : 'a value that is not an Error was thrown';
}
