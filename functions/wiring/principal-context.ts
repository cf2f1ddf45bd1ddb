/** A principal as the authorizer hands it to the functions: API Gateway carries strings. */
import { ANONYMOUS, ROLES, UNKNOWN } from '../../lib/access/roles.ts';
import type { Principal, Role } from '../../lib/access/roles.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';

export function contextOf({ role, id, scopes, session }: Principal): Record<string, string> {
  return omitUndefined({
    role,
    principal: id,
    scopes: scopes?.join(' '),
    session: session?.id,
    user: session?.userId,
    csrf: session?.csrfToken,
  });
}

/** Fails closed: what the authorizer would not have written counts as anonymous. */
export function principalOf(context: Record<string, unknown> | null | undefined): Principal {
  const { role, principal: id, scopes, session, user, csrf } = context ?? {};
  if (role === UNKNOWN.role) return UNKNOWN;
  if (!ROLES.includes(role as Role) || typeof id !== 'string') return ANONYMOUS;
  const base = { role: role as Role, id };
  if (session !== undefined || id.startsWith('user:')) {
    if (typeof session !== 'string' || typeof user !== 'string' || typeof csrf !== 'string') return ANONYMOUS;
    return { ...base, session: { id: session, userId: user, csrfToken: csrf } };
  }
  if (scopes === undefined) return base;
  return typeof scopes === 'string' ? { ...base, scopes: scopes.split(' ') } : ANONYMOUS;
}
