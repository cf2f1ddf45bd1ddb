import { expectTypeOf, test } from 'vitest';
import { createClient } from '../../../client/index.ts';
import type { BatchResult, CallResult, ProblemCode } from '../../../client/index.ts';
import type { ErrorCode } from '../../../lib/runtime/errors.ts';

interface User {
  nickname: string;
}
interface Services {
  URS_PROMOTION: {
    userInfo: { params: { userKey: string }; result: User };
    count: { params: { level?: 1 | 3 }; result: number };
  };
  CITY_CENTER_WORK_ORDER: { keepalive: { params: Record<string, never>; result: { code: number } } };
}

const options = { baseUrl: 'http://127.0.0.1:1', apiKey: 'gh_x' };

/** Never run: what matters is what compiles. */
const neverRun: (body: () => unknown) => void = () => {};

test('the map of services types codes, operations, params and results', () => {
  const client = createClient<Services>(options);
  neverRun(() => {
    expectTypeOf(client.call('URS_PROMOTION', 'userInfo', { userKey: 'k' })).resolves.toEqualTypeOf<User>();
    expectTypeOf(client.call('URS_PROMOTION', 'count')).resolves.toEqualTypeOf<number>();
    expectTypeOf(client.callWithMeta('URS_PROMOTION', 'count', { level: 3 })).resolves.toEqualTypeOf<
      CallResult<number>
    >();
    const batch = client.batch('URS_PROMOTION', [
      { operation: 'count' },
      { operation: 'userInfo', params: { userKey: 'k' } },
    ]);
    expectTypeOf(batch).resolves.toEqualTypeOf<[BatchResult<number>, BatchResult<User>]>();
    expectTypeOf(client.proxy('URS_PROMOTION', 'GET', '/x')).resolves.toEqualTypeOf<Response>();

    // @ts-expect-error no such service
    void client.call('NOBODY', 'userInfo', { userKey: 'k' });
    // @ts-expect-error no such operation of this service
    void client.call('URS_PROMOTION', 'keepalive');
    // @ts-expect-error params are needed
    void client.call('URS_PROMOTION', 'userInfo');
    // @ts-expect-error of the right type
    void client.call('URS_PROMOTION', 'userInfo', { userKey: 1 });
    // @ts-expect-error and known
    void client.call('URS_PROMOTION', 'count', { level: 3, depth: 1 });
    // @ts-expect-error each entry its own operation's params
    void client.batch('URS_PROMOTION', [{ operation: 'userInfo', params: { level: 1 } }]);
    // @ts-expect-error no such service
    void client.proxy('NOBODY', 'GET', '/x');
  });
});

test('without a map: any code, any operation, unknown data', () => {
  const client = createClient(options);
  neverRun(() => {
    expectTypeOf(client.call('ANY', 'thing', { a: 1 })).resolves.toBeUnknown();
    expectTypeOf(client.call('ANY', 'thing')).resolves.toBeUnknown();
  });
});

test('the client knows exactly the codes that Gatehouse sends', () => {
  expectTypeOf<ProblemCode>().toEqualTypeOf<ErrorCode>();
});
