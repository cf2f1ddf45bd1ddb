/**
 * The table of all routes: path, lowest role, input, answer. A route that is not here does not exist.
 * Authorization and dispatch read it, each Lambda its own rows; OpenAPI, the docs page and the client's types are
 * generated from it (`npm run build:openapi`); the CLI's requests are typed by it.
 */
import { ADMIN_ROUTES } from './routes/admin.ts';
import { PROXY_ROUTES } from './routes/proxy.ts';
import type { Route } from './routes/route.ts';
import { WEBHOOK_ROUTES } from './routes/webhook.ts';

export type { Route } from './routes/route.ts';

export const ROUTES = { ...PROXY_ROUTES, ...WEBHOOK_ROUTES, ...ADMIN_ROUTES };

export type RouteId = keyof typeof ROUTES;
export type RouteIdOf<F extends Route['function']> = {
  [K in RouteId]: (typeof ROUTES)[K]['function'] extends F ? K : never;
}[RouteId];
