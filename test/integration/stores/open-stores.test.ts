import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPrivateRedis, openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { isGatewayError } from '../../../lib/runtime/errors.ts';

let stores: TestStores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

test('a fresh stage has its tables, its secrets and a Redis that answers', async () => {
  const { documents, redis, names, stage } = stores;
  await documents.put(names.tables.registry, { pk: 'a', sk: 'b', text: '中' });
  expect(await documents.get(names.tables.registry, { pk: 'a', sk: 'b' })).toMatchObject({ text: '中' });
  for (const table of Object.values(names.tables)) {
    expect(
      await documents.get(table, table === names.tables.idempotency ? { pk: 'x' } : { pk: 'x', sk: 'y' }),
    ).toBe(undefined);
  }
  await redis.set(`${stage}:k`, 'v', { px: 10_000 });
  expect(await redis.get(`${stage}:k`)).toBe('v');
  await stores.secrets.put(names.secrets.credentials('A_SERVICE'), { appKey: 'x' });
});

test('a private Redis can be stopped, slowed, restarted and emptied', async () => {
  const own = await openPrivateRedis({ timeoutMs: 200 });
  const refused = (error: unknown) => isGatewayError(error, 'STORE_UNAVAILABLE');
  await own.redis.set('a', '1');

  own.pause(1_000);
  await expect(own.redis.get('a')).rejects.toSatisfy(refused);
  own.resume();
  expect(await own.redis.get('a')).toBe('1');

  await own.stop();
  await expect(own.redis.get('a')).rejects.toSatisfy(refused);
  await own.restart();
  expect(await own.redis.get('a')).toBe('1');

  await own.empty();
  expect(await own.redis.get('a')).toBe(null);
  await own.close();
});
