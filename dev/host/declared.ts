import * as z from 'zod';
import { readServerlessFile } from '../serverless-file.ts';
import type { ServerlessFile, ServerlessOptions } from '../serverless-file.ts';
import type { Pattern } from '../stores/stream-filter.ts';

const HttpEvent = z.object({
  httpApi: z.object({
    method: z.string(),
    path: z.string().startsWith('/'),
    authorizer: z.object({ name: z.string() }).optional(),
  }),
});
const ScheduleEvent = z.object({ schedule: z.string() });
const StreamEvent = z.object({
  stream: z.object({
    type: z.literal('dynamodb'),
    arn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('StreamArn')]) }),
    batchSize: z.int().min(1).default(100),
    maximumRetryAttempts: z.int().min(0),
    bisectBatchOnFunctionError: z.boolean().default(false),
    filterPatterns: z.array(z.custom<Pattern>((value) => typeof value === 'object')).default([]),
  }),
});

const Provider = z.object({
  httpApi: z.object({
    authorizers: z.record(z.string(), z.object({ functionName: z.string() })).default({}),
  }),
});
const Function = z.object({
  handler: z.string().regex(/^[\w/-]+\.\w+$/),
  timeout: z.number().positive().default(6),
  events: z.array(z.union([HttpEvent, ScheduleEvent, StreamEvent])).default([]),
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
  streams: StreamDeclaration[];
}

/** A function's place at a table's stream. */
export interface StreamDeclaration {
  /** `gatehouse-local-ledger` */
  table: string;
  batchSize: number;
  maximumRetryAttempts: number;
  bisectBatchOnFunctionError: boolean;
  /** One has to match; none: each record does. */
  filters: Pattern[];
}

export interface Declared {
  functions: FunctionDeclaration[];
  routes: RouteDeclaration[];
}

/**
 * Functions, routes, schedules and streams of `serverless.yml`.
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
      streams: events.flatMap((event) => ('stream' in event ? [streamOf(event.stream, file)] : [])),
    };
  });
  return { functions, routes };
}

function streamOf(
  {
    arn,
    filterPatterns,
    batchSize,
    maximumRetryAttempts,
    bisectBatchOnFunctionError,
  }: z.output<typeof StreamEvent>['stream'],
  { resources }: ServerlessFile,
): StreamDeclaration {
  const [resource] = arn['Fn::GetAtt'];
  const table = resources.Resources[resource]?.Properties?.['TableName'];
  if (typeof table !== 'string') throw new Error(`serverless.yml: ${resource} is no table with a name`);
  return { table, filters: filterPatterns, batchSize, maximumRetryAttempts, bisectBatchOnFunctionError };
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
