/** Types of a request to a route and of its answer, worked out from the route table. Nothing here runs. */
import type * as z from 'zod';
import type { PathParam } from '../client/request.ts';
import type { EXPORT_ROUTES } from '../lib/api/routes/admin-exports.ts';
import type { ROUTES, RouteId, RouteIdOf } from '../lib/api/routes.ts';

type Table = typeof ROUTES;

type ParamsPart<Path extends string> = [PathParam<Path>] extends [never]
  ? unknown
  : { params: Record<PathParam<Path>, string> };
type QueryPart<Row> = Row extends { query: infer Schema extends z.ZodType }
  ? { query: z.input<Schema> }
  : unknown;
type BodyPart<Row> = Row extends { body: infer Schema extends z.ZodType }
  ? { body: z.input<Schema> }
  : unknown;
type AnswerOf<Row> = Row extends { answer: { schema: infer Schema extends z.ZodType } }
  ? z.output<Schema>
  : undefined;

/**
 * Input and answer of a route, in the form that the client's `RequestInput` reads: `params`, `query` and
 * `body` where the route has them. `answer` is `undefined` where there is no body (204).
 */
export type RouteShape<Id extends RouteId> = ParamsPart<Table[Id]['path']> &
  QueryPart<Table[Id]> &
  BodyPart<Table[Id]> & { answer: AnswerOf<Table[Id]> };

/** Routes that answer with JSON or with nothing: no raw proxy, image, page or webhook. */
export type JsonRouteId = {
  [Id in OwnRouteId]: Table[Id] extends { answer: { schema: z.ZodType } | { status: 204 } } ? Id : never;
}[OwnRouteId];
type OwnRouteId = Exclude<RouteId, RouteIdOf<'webhook'>>;

/** Routes that answer with a list as a file. */
export type ExportRouteId = keyof typeof EXPORT_ROUTES;

/** Read one as `Answer<'listCalls'>`. */
export type Answer<Id extends RouteId> = RouteShape<Id>['answer'];
