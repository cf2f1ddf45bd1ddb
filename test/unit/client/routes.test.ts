/** The client's own copy of the route table: what compiles, and that it is the table's. */
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { JsonRouteId, RouteShape } from '../../../bin/route-types.ts';
import { createClient } from '../../../client/index.ts';
import type { Routes } from '../../../client/index.ts';
import { requestPath } from '../../../client/request.ts';
import { ROUTES } from '../../../client/routes.generated.ts';
import { ROUTES as TABLE } from '../../../lib/api/routes.ts';

const client = createClient({ baseUrl: 'http://127.0.0.1:1', apiKey: 'gh_x' });

/** Never run: what matters is what compiles. */
const neverRun: (body: () => unknown) => void = () => {};

test('a request is typed by its route', () => {
  neverRun(async () => {
    const account = await client.request('getAccount', { params: { accountId: 'user:1' } });
    expectTypeOf(account.balance).toBeString();
    const calls = await client.request('listCalls', { query: { service: 'A_B', limit: 5 } });
    expectTypeOf(calls.items[0]!.durationMs).toBeNumber();
    expectTypeOf(client.request('listCalls')).resolves.toHaveProperty('items');
    expectTypeOf(
      client.request('revokeKey', { params: { id: 'x' } }, { timeoutMs: 1 }),
    ).resolves.toBeUndefined();
  });
  // A wrong path, parameter or field does not compile.
  neverRun(async () => {
    // @ts-expect-error no such route
    void client.request('getNothing');
    // @ts-expect-error the path has a parameter
    void client.request('getAccount');
    // @ts-expect-error of another name
    void client.request('getAccount', { params: { id: 'user:1' } });
    // @ts-expect-error this route has none
    void client.request('listKeys', { params: { id: 'x' } });
    // @ts-expect-error no such query parameter
    void client.request('listCalls', { query: { services: 'A_B' } });
    // @ts-expect-error no such value
    void client.request('listAlerts', { query: { state: 'loud' } });
    // @ts-expect-error no such field in the body
    void client.request('createKey', { body: { name: 'x', role: 'caller', admin: true } });
    // @ts-expect-error a body is needed
    void client.request('createKey', {});
    // @ts-expect-error the raw proxy is `proxy`
    void client.request('rawProxy', { params: { code: 'A_B', path: 'x' } });
    const { items } = await client.request('listCalls');
    // @ts-expect-error no such field in the answer
    void items[0]!.duration;
    // @ts-expect-error a parameter of the template is missing
    void requestPath('/v1/services/{code}/proxy/{path+}', { code: 'A_B' });
  });
});

test('its types are those of the table', () => {
  expectTypeOf<keyof Routes>().toEqualTypeOf<JsonRouteId>();
  type Differs<Part extends string> = {
    [Id in JsonRouteId]: RouteShape<Id> extends Record<Part, infer Own>
      ? Routes[Id] extends Record<Part, infer Copy>
        ? // A preprocessed or coerced input is `unknown` to zod, and named in the copy.
          [Own] extends [Copy]
          ? never
          : [Part, Copy] extends ['query' | 'body', Own]
            ? never
            : Id
        : Id
      : Routes[Id] extends Record<Part, unknown>
        ? Id
        : never;
  }[JsonRouteId];
  expectTypeOf<Differs<'params'>>().toBeNever();
  expectTypeOf<Differs<'query'>>().toBeNever();
  // In a definition zod knows predicates as `unknown`, the copy JSON values: neither is the wider one.
  expectTypeOf<Exclude<Differs<'body'>, 'putService'>>().toBeNever();
  expectTypeOf<Differs<'answer'>>().toBeNever();
});

test('its paths are those of the table', () => {
  expect(ROUTES).toEqual(
    Object.fromEntries(Object.entries(TABLE).map(([id, { method, path }]) => [id, { method, path }])),
  );
});

describe('a path', () => {
  test('takes each parameter as one segment, the greedy one as it stands', () => {
    expect(requestPath('/v1/accounts/{accountId}/entries', { accountId: 'user:1/2' })).toBe(
      '/v1/accounts/user%3A1%2F2/entries',
    );
    expect(requestPath('/s/{code}/proxy/{path+}', { code: 'A_B', path: 'a/%2e?x' })).toBe(
      '/s/A_B/proxy/a/%2e?x',
    );
    expect(requestPath('/s/{code}/proxy/{path+}', { code: 'A_B', path: '' })).toBe('/s/A_B/proxy/');
  });

  test.each(['', '.', '..'])('is not led elsewhere by %j', (code) => {
    expect(() => requestPath('/v1/services/{code}/batch', { code })).toThrow(TypeError);
  });
});
