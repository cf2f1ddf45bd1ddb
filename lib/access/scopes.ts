/** What a key may be limited to (SPEC 9): `CODE:operation`, `CODE:*`, `money:read`. */
import * as z from 'zod';
import type { RouteScope } from './roles.ts';

/** The service need not be there: it may come later. */
export const Scope = z
  .string()
  .regex(
    /^(?:money:read|[A-Z][A-Z0-9_]{1,63}:(?:\*|[A-Za-z][\w-]{0,63}))$/,
    'must be CODE:operation, CODE:* or money:read',
  );

/** Absent: everything the role may. */
export type Scopes = readonly string[] | undefined;

/** What a request is about, as far as scopes know it. */
export interface ScopeTarget {
  service: string | undefined;
  operation: string | undefined;
}

export const coversOperation = (scopes: Scopes, service: string, operation: string): boolean =>
  !scopes || scopes.includes(`${service}:*`) || scopes.includes(`${service}:${operation}`);

/** All of a service: its raw proxy, its users, its management. */
export const coversService = (scopes: Scopes, service: string): boolean =>
  !scopes || scopes.includes(`${service}:*`);

/** Anything of a service. */
export const namesService = (scopes: Scopes, service: string): boolean =>
  !scopes || scopes.some((scope) => scope.startsWith(`${service}:`));

type Covers = (scopes: readonly string[], target: { service: string; operation: string }) => boolean;

const COVERS: Record<RouteScope, Covers> = {
  operation: (scopes, { service, operation }) => coversOperation(scopes, service, operation),
  batch: (scopes, { service }) => namesService(scopes, service),
  service: (scopes, { service }) => coversService(scopes, service),
  'money:read': (scopes) => scopes.includes('money:read'),
  own: () => true,
};

/** Do a key's scopes cover a route? One that says nothing of scopes is covered by none. */
export function coversRoute(
  scopes: Scopes,
  scope: RouteScope | undefined,
  { service = '', operation = '' }: ScopeTarget,
): boolean {
  if (!scopes) return true;
  return scope !== undefined && COVERS[scope](scopes, { service, operation });
}
