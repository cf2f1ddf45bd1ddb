import { endedCookie, sessionCookie } from '../../lib/access/people/cookie.ts';
import type { PersonalSession, Role } from '../../lib/access/roles.ts';
import { json, noContent } from '../../lib/api/message.ts';
import type { ApiRequest } from '../../lib/api/message.ts';
import { parseBody } from '../../lib/api/input.ts';
import { LogInRequest, UserChange, UserRequest } from '../../lib/api/people-schemas.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';
import type { AdminHandlers } from './handlers.ts';

export const people = {
  async logIn(request, deps) {
    refuseForms(request);
    const { token, ...answer } = await deps.people.logIn(parseBody(LogInRequest, request));
    return json(200, answer, { 'set-cookie': sessionCookie(token, deps.isLocal) });
  },

  async getOwnSession({ principal }) {
    const { userId, csrfToken } = sessionOf(principal);
    const user = { id: userId, username: principal.id.replace(/^user:/, ''), role: principal.role as Role };
    return json(200, { user, csrfToken });
  },

  async logOut({ principal }, deps) {
    await deps.people.logOut(sessionOf(principal).id);
    return { ...noContent(), headers: { 'set-cookie': endedCookie(deps.isLocal) } };
  },

  async listUsers(_request, deps) {
    return json(200, { items: await deps.people.list() });
  },

  async createUser(request, deps) {
    const { password, ...after } = parseBody(UserRequest, request);
    const create = () => deps.people.create({ ...after, password, createdBy: request.principal.id });
    return json(201, await deps.audited({ target: `users/${after.username}`, after }, create));
  },

  async changeUser(request, deps) {
    const id = request.params['id']!;
    const change = parseBody(UserChange, request);
    const before = (await deps.people.list()).find((user) => user.id === id);
    const after = { ...change, ...(change.password === undefined ? {} : { password: 'changed' }) };
    const target = `users/${before?.username ?? id}`;
    return json(200, await deps.audited({ target, before, after }, () => deps.people.change(id, change)));
  },
} satisfies Partial<AdminHandlers>;

/** A form of another site could log its visitor in as somebody else; it cannot send JSON. */
function refuseForms({ headers }: ApiRequest): void {
  const type = headers['content-type'];
  if (type === undefined || /^application\/json\s*(?:;|$)/i.test(type)) return;
  throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Send the name and the password as application/json.');
}

function sessionOf({ session }: ApiRequest['principal']): PersonalSession {
  if (session) return session;
  throw new GatewayError('NOT_FOUND', 'A key has no session.');
}
