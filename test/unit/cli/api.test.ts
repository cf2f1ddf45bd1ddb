/** The CLI's requests: typed by the route table, and sent as it says. */
import { afterAll, afterEach, beforeAll, expect, expectTypeOf, test } from 'vitest';
import { CommandFailed, connectApi, EXIT } from '../../../bin/api.ts';
import type { Api, FoundKey } from '../../../bin/api.ts';
import type { Answer } from '../../../bin/route-types.ts';
import type { Definition } from '../../../lib/registry/definition.ts';
import { problem, startGateway } from '../../integration/client/gateway.ts';
import type { FakeGateway } from '../../integration/client/gateway.ts';

let gateway: FakeGateway;
let api: Api;
beforeAll(async () => {
  gateway = await startGateway();
  api = connectApi(gateway.baseUrl, { key: 'gh_test', where: '--key' });
});
afterEach(() => gateway.answer({}));
afterAll(() => gateway.stop());

/** Never run: what matters is what compiles. */
const neverRun: (body: () => unknown) => void = () => {};

test('a wrong path, parameter or field does not compile', () => {
  expectTypeOf<Answer<'getService'>['auth']>().toEqualTypeOf<Definition['auth']>();
  expectTypeOf<Answer<'revokeKey'>>().toBeUndefined();
  neverRun(async () => {
    // @ts-expect-error no such route
    void api.request('getNothing');
    // @ts-expect-error the raw proxy answers with anything
    void api.request('rawProxy', { params: { code: 'A', path: 'x' } });
    // @ts-expect-error the path has a parameter
    void api.request('getSession');
    // @ts-expect-error of another name
    void api.request('getSession', { params: { service: 'A' } });
    // @ts-expect-error no such query parameter
    void api.request('listCalls', { query: { services: 'A' } });
    // @ts-expect-error no such field in the body
    void api.request('loginSession', { params: { code: 'A' }, body: { dry: true } });
    // @ts-expect-error no such role
    void api.request('createKey', { body: { name: 'x', role: 'root' } });
    const session = await api.request('getSession', { params: { code: 'A' } });
    // @ts-expect-error no such field in the answer
    void session.lockedUntil;
  });
});

test('a request goes where the table says, with its query, body and headers', async () => {
  gateway.answer({ body: '{"items":[]}' });
  expect(await api.request('listCalls', { query: { service: 'A_B', limit: 1 } })).toEqual({ items: [] });
  await api.request('revokeKey', { params: { id: 'a/b' } });
  const call = { params: { code: 'A', operation: 'x' }, body: { params: { n: 1 } } };
  await api.request('callOperation', call, { headers: { 'idempotency-key': 'k' } });
  expect(gateway.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /v1/admin/calls?service=A_B&limit=1',
    'DELETE /v1/admin/keys/a%2Fb',
    'POST /v1/services/A/operations/x',
  ]);
  const [, , called] = gateway.asked;
  expect(called!.headers).toMatchObject({ authorization: 'Bearer gh_test', 'idempotency-key': 'k' });
  expect(JSON.parse(called!.body.toString())).toEqual({ params: { n: 1 } });
});

test('an answer without a body is undefined', async () => {
  gateway.answer({ status: 204 });
  expect(await api.request('revokeKey', { params: { id: 'x' } })).toBeUndefined();
});

const exitCode = async (ask: () => Promise<unknown>) => {
  const error: unknown = await ask().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CommandFailed);
  return (error as CommandFailed).exitCode;
};

test('exit codes: refused, denied, nobody there, no address', async () => {
  const list = () => api.request('listKeys');
  gateway.answer(problem('VALIDATION_FAILED', 422));
  expect(await exitCode(list)).toBe(EXIT.FAILED);
  gateway.answer(problem('UNAUTHENTICATED', 401));
  expect(await exitCode(list)).toBe(EXIT.DENIED);
  const refusal = async (found: FoundKey) =>
    connectApi(gateway.baseUrl, found)
      .request('listKeys')
      .catch((error: unknown) => (error as Error).message);
  expect(await refusal({ where: '--key, GATEHOUSE_KEY and /x/.local/admin-key' })).toContain(
    'there is no key in --key, GATEHOUSE_KEY and /x/.local/admin-key',
  );
  expect(await refusal({ key: 'gh_wrong', where: 'the variable GATEHOUSE_KEY' })).toMatch(
    /does not take the key from the variable GATEHOUSE_KEY/,
  );
  gateway.answer(problem('FORBIDDEN', 403));
  expect(await exitCode(list)).toBe(EXIT.DENIED);
  gateway.answer({ reset: true });
  expect(await exitCode(list)).toBe(EXIT.UNREACHABLE);
  gateway.answer({ body: '<html>' });
  expect(await exitCode(list)).toBe(EXIT.UNREACHABLE);
  expect(await exitCode(async () => connectApi('localhost', { where: '--key' }))).toBe(EXIT.USAGE);
  expect(await exitCode(() => api.request('getSession', { params: { code: '..' } }))).toBe(EXIT.USAGE);
});
