import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayUse, ROLES } from '../../lib/access/roles.ts';
import type { Role } from '../../lib/access/roles.ts';
import { ROUTES } from '../../lib/api/routes.ts';
import type { Route } from '../../lib/api/routes.ts';
import { readDeclared } from '../../dev/host/declared.ts';
import { startGatehouse } from '../gatehouse.ts';
import { logInAs } from '../people.ts';
import type { Person } from '../people.ts';
import type { Gatehouse } from '../gatehouse.ts';

/** Who may use which kind of route, written out by hand: the table under test must agree. */
const EXPECTED: Record<string, Role[]> = {
  caller: ['caller', 'viewer', 'operator', 'admin'],
  'caller, call': ['caller', 'operator', 'admin'],
  viewer: ['viewer', 'operator', 'admin'],
  operator: ['operator', 'admin'],
  'operator, call': ['operator', 'admin'],
  admin: ['admin'],
};

const routes = Object.entries(ROUTES) as [string, Route][];
const concrete = (path: string) =>
  path
    .replace('{code}', 'NO_SUCH_SERVICE')
    .replace('{path+}', 'x')
    .replaceAll(/\{\w+\}/g, 'none');
const methodOf = ({ method }: Route) => (method === 'ANY' ? 'POST' : method);

/**
 * Which of these scopes lets an admin's key use a path, written out by hand too; `undefined`: none does. `*`: any.
 */
function scopeFor(path: string): string | undefined {
  if (/^\/v1\/(?:services(?:\/\{code\})?|session)$/.test(path)) return '*';
  if (/^\/v1\/(?:admin\/)?services\/\{code\}/.test(path)) return 'NO_SUCH_SERVICE:*';
  if (path.startsWith('/v1/urs/')) return 'URS_PROMOTION:*';
  return /^\/v1\/(?:accounts|transfers)\//.test(path) ? 'money:read' : undefined;
}
const DEFINITION = { code: 'SOME', name: 'x', baseUrl: 'http://127.0.0.1:9', auth: { type: 'NONE' } };
const SCOPES = ['NO_SUCH_SERVICE:*', 'URS_PROMOTION:*', 'money:read', 'ELSE:*'];

describe('A1 every route, every role, no key', () => {
  let gatehouse: Gatehouse;
  const keys = new Map<Role, string>();
  const people = new Map<Role, Person>();
  const scoped = new Map<string, string>();

  beforeAll(async () => {
    gatehouse = await startGatehouse();
    const keyFor = async (body: object) =>
      (await gatehouse.ask('POST', '/v1/admin/keys', { body: { name: 'x', ...body } })).at<string>('key');
    for (const role of ROLES) {
      keys.set(role, await keyFor({ role }));
      people.set(role, await logInAs(gatehouse, role));
    }
    for (const scope of SCOPES) scoped.set(scope, await keyFor({ role: 'admin', scopes: [scope] }));
  });
  afterAll(() => gatehouse.stop());

  it.each(routes.filter(([, { role }]) => role === 'public'))('%s is open', async (_id, route) => {
    const answer = await gatehouse.ask(methodOf(route), concrete(route.path), { key: null });
    // Nobody's webhook: it is there, and knows no such partner. A login: it is there, and wants a name.
    expect(answer.status).toBe(route.function === 'webhook' ? 404 : route.body ? 422 : 200);
  });

  it.each(routes.filter(([, { role }]) => role !== 'public'))('%s', async (_id, route) => {
    const path = concrete(route.path);
    const allowed = EXPECTED[route.call ? `${route.role}, call` : route.role];
    expect(allowed, 'the kind of route is known').toBeDefined();
    for (const key of [null, 'gh_wrong', 'gh_' + 'A'.repeat(43)]) {
      const denied = await gatehouse.ask(methodOf(route), path, { key });
      expect([denied.status, denied.at('code')]).toEqual([401, 'UNAUTHENTICATED']);
    }
    for (const role of ROLES) {
      const answer = await gatehouse.ask(methodOf(route), path, { key: keys.get(role)! });
      expect(answer.status === 403, `${role} on ${route.method} ${path}: ${answer.status}`).toBe(
        !allowed!.includes(role),
      );
      expect(mayUse({ role }, route)).toBe(allowed!.includes(role));
    }
  });

  // Logging out would end what the others need: test/e2e/people.test.ts has it.
  const own = routes.filter(([id, { role }]) => role !== 'public' && id !== 'logOut');
  it.each(own)('%s, for people', async (_id, route) => {
    const allowed = EXPECTED[route.call ? `${route.role}, call` : route.role]!;
    const method = methodOf(route);
    for (const role of ROLES) {
      const { cookie, csrf } = people.get(role)!;
      const ask = (headers: Record<string, string>) =>
        gatehouse.ask(method, concrete(route.path), { key: null, headers: { ...cookie, ...headers } });
      expect((await ask(csrf)).status === 403, `${role} on ${method} ${route.path}`).toBe(
        !allowed.includes(role),
      );
      if (method === 'GET') continue;
      for (const headers of [{}, { 'x-csrf-token': 'x'.repeat(43) }, { 'x-csrf-token': '' }]) {
        const refused = await ask(headers);
        expect([refused.status, refused.at('code')]).toEqual([403, 'FORBIDDEN']);
      }
    }
  });

  it.each(routes.filter(([, { role }]) => role !== 'public'))(
    '%s, for keys with scopes',
    async (_id, route) => {
      const needed = scopeFor(route.path);
      for (const [scope, key] of scoped) {
        const answer = await gatehouse.ask(methodOf(route), concrete(route.path), { key });
        expect(answer.status === 403, `${scope} on ${route.method} ${route.path}: ${answer.status}`).toBe(
          needed !== '*' && needed !== scope,
        );
      }
    },
  );

  it('A1 has a route table and a gateway that agree on what is public', () => {
    const open = readDeclared({ stage: 'local', env: process.env })
      .routes.filter(({ authorizer, functionName }) => !authorizer && functionName !== 'authorizer')
      .map(({ method, path }) => `${method} ${path}`)
      .sort();
    const told = routes
      .filter(([, { role }]) => role === 'public')
      .map(([, { method, path }]) => `${method} ${path}`)
      .sort();
    expect(open).toEqual(told);
  });

  it('A1 knows no route that is not in the table', async () => {
    for (const path of ['/v1/admin/nothing', '/v1/admin/services/X/credentials/../..', '/v1/admin/']) {
      expect((await gatehouse.ask('GET', path)).status).toBe(404);
    }
    expect((await gatehouse.ask('DELETE', '/v1/admin/calls')).status).toBe(404);
  });

  it('A2 refuses fields that nobody asked for', async () => {
    const body = { name: 'x', role: 'caller', id: 'mine', createdBy: 'somebody else' };
    const answer = await gatehouse.ask('POST', '/v1/admin/keys', { body });
    expect(answer.status).toBe(422);
    expect(answer.at('errors')).toEqual([
      { field: 'id', message: 'is not a known field' },
      { field: 'createdBy', message: 'is not a known field' },
    ]);
  });

  it.each([
    ['POST', '/v1/session', { username: 'ann', password: 'x'.repeat(12), role: 'admin' }, ['role']],
    [
      'POST',
      '/v1/admin/users',
      { username: 'eve', password: 'x'.repeat(12), role: 'viewer', id: 'mine', disabled: false },
      ['id', 'disabled'],
    ],
    ['PATCH', '/v1/admin/users/none', { role: 'viewer', username: 'ann', id: 'another' }, ['username', 'id']],
    ['PUT', '/v1/admin/services/SOME', { ...DEFINITION, code: 'ANOTHER' }, ['code']],
  ])('A2 refuses what is not for its caller to say: %s %s', async (method, path, body, fields) => {
    const answer = await gatehouse.ask(method, path, { body });
    expect(answer.status).toBe(422);
    const refused = answer.at<{ field: string }[]>('errors').map(({ field }) => field);
    expect(refused).toEqual(expect.arrayContaining(fields));
  });

  it('A2 shows nobody the session of another: there is no id to ask with', async () => {
    const own = await gatehouse.ask('GET', '/v1/session', {
      key: null,
      headers: people.get('viewer')!.cookie,
    });
    expect(own.at('user')).toMatchObject({ username: 'viewer', role: 'viewer' });
    expect((await gatehouse.ask('GET', '/v1/session?id=another')).status).toBe(404);
  });

  it('forgets a revoked key', async () => {
    const made = await gatehouse.ask('POST', '/v1/admin/keys', {
      body: { name: 'short', role: 'viewer' },
    });
    const key = made.at<string>('key');
    expect((await gatehouse.ask('GET', '/v1/admin/alerts', { key })).status).toBe(200);
    expect((await gatehouse.ask('DELETE', `/v1/admin/keys/${made.at<string>('id')}`)).status).toBe(204);
    expect((await gatehouse.ask('GET', '/v1/admin/alerts', { key })).status).toBe(401);
    const { text } = await gatehouse.ask('GET', '/v1/admin/keys');
    expect(text).not.toContain(key);
  });
});
