import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayUse, ROLES } from '../../lib/access/roles.ts';
import type { Role } from '../../lib/access/roles.ts';
import { ROUTES } from '../../lib/api/routes.ts';
import type { Route } from '../../lib/api/routes.ts';
import { readDeclared } from '../../dev/host/declared.ts';
import { startGatehouse } from '../gatehouse.ts';
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

describe('A1 every route, every role, no key', () => {
  let gatehouse: Gatehouse;
  const keys = new Map<Role, string>();

  beforeAll(async () => {
    gatehouse = await startGatehouse();
    for (const role of ROLES) {
      const made = await gatehouse.ask('POST', '/v1/admin/keys', { body: { name: `a ${role}`, role } });
      keys.set(role, made.at<string>('key'));
    }
  });
  afterAll(() => gatehouse.stop());

  it.each(routes.filter(([, { role }]) => role === 'public'))('%s is open', async (_id, route) => {
    const answer = await gatehouse.ask(methodOf(route), concrete(route.path), { key: null });
    // Nobody's webhook: it is there, and knows no such partner.
    expect(answer.status).toBe(route.function === 'webhook' ? 404 : 200);
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
      expect(mayUse({ role, id: 'x' }, route)).toBe(allowed!.includes(role));
    }
  });

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
