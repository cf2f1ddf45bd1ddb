/** Who may do what (SPEC 9). */
export const ROLES = ['caller', 'viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who makes the request. `none`: no key, or one that is not valid. `unknown`: no store could tell. */
export interface Principal {
  role: Role | 'none' | 'unknown';
  /** Key id, `user:{username}`, `admin-key`, `local`; empty for `none` and `unknown`. */
  id: string;
  /** What a key is limited to; absent: everything its role may. */
  scopes?: readonly string[];
  /** Of a person: what is behind the cookie. */
  session?: PersonalSession;
}

export interface PersonalSession {
  /** SHA-256 of the token. */
  id: string;
  userId: string;
  /** What a request that may change something must carry in `X-CSRF-Token`. */
  csrfToken: string;
}

export const ANONYMOUS: Principal = { role: 'none', id: '' };
export const UNKNOWN: Principal = { role: 'unknown', id: '' };

/**
 * Which scope covers a route (docs/builders/access.md). `operation`: that of the path; `batch`: any of the service, its
 * entries are judged one by one; `service`: `CODE:*`; `own`: each, as it shows what is the caller's own.
 */
export type RouteScope = 'operation' | 'batch' | 'service' | 'money:read' | 'own';

/** What a route requires: its lowest role, its scope, and whether it acts on a third party. */
export interface RouteAccess {
  role: Role | 'public';
  /** Absent: refused to every key with scopes. */
  scope?: RouteScope;
  /** A call to a third party: a `viewer` may read, not call. */
  call?: boolean;
}

const RANK: Record<Role, number> = { caller: 0, viewer: 1, operator: 2, admin: 3 };

/** By role alone; scopes: `lib/access/scopes.ts`. */
export function mayUse(principal: Pick<Principal, 'role'>, route: RouteAccess): boolean {
  if (route.role === 'public') return true;
  if (principal.role === 'none' || principal.role === 'unknown') return false;
  if (route.call && principal.role === 'viewer') return false;
  return RANK[principal.role] >= RANK[route.role];
}
