import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnswerCache } from '../../../lib/calls/cache/answer-cache.ts';
import { parseExact } from '../../../lib/text/json/exact.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { service } from './guard/services.ts';

describe('the answer cache', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  const answer = {
    dataText: '{"id":9007199254740993123,"名":"工单"}',
    upstreamStatus: 200,
    storedAt: 1_795_000_000_000,
  };

  it('gives back what was stored, digit by digit', async () => {
    const cache = createAnswerCache({ redis: stores.redis, budgetMs: 20_000 });
    const key = cache.key(service(), 'getUserInfo', { userId: '7' });
    await cache.store(key, answer, 60);
    expect(cache.read(await stores.redis.get(key))).toEqual(answer);
  });

  it('keys by revision, operation and params, whatever their order', () => {
    const cache = createAnswerCache({ redis: stores.redis });
    const one = service();
    const key = cache.key(one, 'list', { a: 1, b: { c: [1, 2], d: 'x' } });
    expect(cache.key(one, 'list', { b: { d: 'x', c: [1, 2] }, a: 1, e: undefined })).toBe(key);
    const others = [
      cache.key({ ...one, revision: 2 }, 'list', { a: 1, b: { c: [1, 2], d: 'x' } }),
      cache.key({ ...one, updatedAt: '2026-11-22T00:00:00.000Z' }, 'list', {
        a: 1,
        b: { c: [1, 2], d: 'x' },
      }),
      cache.key(one, 'list2', { a: 1, b: { c: [1, 2], d: 'x' } }),
      cache.key(one, 'list', { a: 1, b: { c: [2, 1], d: 'x' } }),
      cache.key(one, 'list', { a: '1', b: { c: [1, 2], d: 'x' } }),
      cache.key(one, 'list', { a: parseExact('9007199254740993') }),
      cache.key(one, 'list', { a: parseExact('9007199254740992') }),
    ];
    expect(new Set([key, ...others]).size).toBe(others.length + 1);
  });

  it('reads what is corrupt, cut short or foreign as nothing', async () => {
    const cache = createAnswerCache({ redis: stores.redis, budgetMs: 20_000 });
    const key = cache.key(service(), 'x', {});
    await cache.store(key, answer, 60);
    const value = (await stores.redis.get(key)) ?? '';
    for (const bad of [
      null,
      undefined,
      '',
      '{}',
      value.slice(0, -1),
      `${value} `,
      value.replace('1:', '2:'),
      '1::200:0:',
    ]) {
      expect(cache.read(bad)).toBeUndefined();
    }
  });

  it('keeps nothing without time to live, nothing too long, and throws for nothing', async () => {
    const cache = createAnswerCache({ redis: stores.redis, budgetMs: 20_000, maxLength: 10 });
    const key = cache.key(service(), 'x', {});
    await cache.store(key, { ...answer, dataText: '{}' }, 0);
    await cache.store(key, { ...answer, dataText: '"0123456789"' }, 60);
    expect(await stores.redis.get(key)).toBeNull();
    const down = createAnswerCache({ redis: { set: () => Promise.reject(new Error('down')) } as never });
    await expect(down.store(key, answer, 60)).resolves.toBeUndefined();
  });
});
