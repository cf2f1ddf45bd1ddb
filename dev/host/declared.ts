import * as z from 'zod';
import { readServerlessFile } from '../serverless-file.ts';
import type { ServerlessOptions } from '../serverless-file.ts';

const HttpEvent = z.object({
  httpApi: z.object({
    method: z.string(),
    path: z.string().startsWith('/'),
    authorizer: z.object({ name: z.string() }).optional(),
  }),
});
const ScheduleEvent = z.object({ schedule: z.string() });
/** Streams and queues are not polled by this host. */
const OtherEvent = z.union([z.object({ stream: z.unknown() }), z.object({ sqs: z.unknown() })]);

const Provider = z.object({
  httpApi: z.object({
    authorizers: z.record(z.string(), z.object({ functionName: z.string() })).default({}),
  }),
});
const Function = z.object({
  handler: z.string().regex(/^[\w/-]+\.\w+$/),
  timeout: z.number().positive().default(6),
  events: z.array(z.union([HttpEvent, ScheduleEvent, OtherEvent])).default([]),
});

export interface RouteDeclaration {
  /** `GET`, `POST` ..., or `*` for any. */
  method: string;
  /** `/v1/services/{code}/proxy/{path+}` */
  path: string;
  functionName: string;
  /** The function that identifies the caller; absent on a public route. */
  authorizer: string | undefined;
}

export interface FunctionDeclaration {
  /** Short name: `proxy`. */
  name: string;
  /** Deployed name: `gatehouse-local-proxy`. */
  deployedName: string;
  /** Module without extension (`functions/proxy/handler`) and its export (`handler`). */
  module: string;
  export: string;
  timeoutSeconds: number;
  /** `rate(...)` expressions. */
  schedules: string[];
}

export interface Declared {
  functions: FunctionDeclaration[];
  routes: RouteDeclaration[];
}

/**
 * Functions, routes and schedules of `serverless.yml`.
 * @throws ZodError or Error naming what the host does not understand.
 */
export function readDeclared(options: ServerlessOptions): Declared {
  const file = readServerlessFile(options);
  const { authorizers } = Provider.parse(file.provider).httpApi;
  const routes: RouteDeclaration[] = [];
  const functions = Object.entries(file.functions).map(([name, raw]): FunctionDeclaration => {
    const { handler, timeout, events } = Function.parse(raw);
    for (const event of events) {
      if ('httpApi' in event) routes.push(routeOf(name, event.httpApi, authorizers));
    }
    const dot = handler.lastIndexOf('.');
    return {
      name,
      deployedName: `${file.service}-${options.stage}-${name}`,
      module: handler.slice(0, dot),
      export: handler.slice(dot + 1),
      timeoutSeconds: timeout,
      schedules: events.flatMap((event) => ('schedule' in event ? [event.schedule] : [])),
    };
  });
  return { functions, routes };
}

function routeOf(
  functionName: string,
  { method, path, authorizer }: z.output<typeof HttpEvent>['httpApi'],
  authorizers: Record<string, { functionName: string }>,
): RouteDeclaration {
  const known = authorizer && authorizers[authorizer.name];
  if (authorizer && !known) throw new Error(`serverless.yml: ${path} names no authorizer of the provider`);
  return { method: method.toUpperCase(), path, functionName, authorizer: known?.functionName };
}
