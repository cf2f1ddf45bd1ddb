/** Who may do what (SPEC 9). */
export const ROLES = ['caller', 'viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who makes the request. `none`: no key, or one that is not valid. `unknown`: no store could tell. */
export interface Principal {
  role: Role | 'none' | 'unknown';
  /** Key id, `user:{name}`, `admin-key`, `local`; empty for `none` and `unknown`. */
  id: string;
}

export const ANONYMOUS: Principal = { role: 'none', id: '' };
export const UNKNOWN: Principal = { role: 'unknown', id: '' };

/** What a route requires: its lowest role, and whether it acts on a third party. */
export interface RouteAccess {
  role: Role | 'public';
  /** A call to a third party: a `viewer` may read, not call. */
  call?: boolean;
}

const RANK: Record<Role, number> = { caller: 0, viewer: 1, operator: 2, admin: 3 };

export function mayUse(principal: Principal, route: RouteAccess): boolean {
  if (route.role === 'public') return true;
  if (principal.role === 'none' || principal.role === 'unknown') return false;
  if (route.call && principal.role === 'viewer') return false;
  return RANK[principal.role] >= RANK[route.role];
}
