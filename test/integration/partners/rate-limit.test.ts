import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countRequest } from '../../../lib/partners/rate-limit.ts';
import type { Redis } from '../../../lib/vendors/redis/redis.ts';
import { openPrivateRedis } from '../../stores.ts';
import type { PrivateRedis } from '../../stores.ts';

describe('the requests of one source', () => {
  let own: PrivateRedis;
  beforeAll(async () => {
    own = await openPrivateRedis({ timeoutMs: 5_000 });
  });
  beforeEach(() => own.empty());
  afterAll(() => own.close());

  const count = (source = '192.0.2.1', rule = { limit: 2, windowSeconds: 60 }, service = 'URS') =>
    countRequest(own.redis, { service, source, rule });

  it('E18: pass up to the limit, and then are told when the window ends', async () => {
    for (let n = 0; n < 2; n += 1) expect(await count()).toMatchObject({ allowed: true });
    const refused = await count();
    expect(refused.allowed).toBe(false);
    // Of the 60 seconds hardly any is over.
    expect(refused.retryAfterSeconds).toBeGreaterThan(50);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it('E18: are those of one source and one service', async () => {
    const rule = { limit: 1, windowSeconds: 60 };
    for (const [source, service] of [
      ['192.0.2.1', 'URS'],
      ['192.0.2.2', 'URS'],
      ['192.0.2.1', 'SHOP'],
    ] as const) {
      expect((await count(source, rule, service)).allowed).toBe(true);
      expect((await count(source, rule, service)).allowed).toBe(false);
    }
  });

  it('count anew when the window, which begins with the first of them, has ended', async () => {
    const rule = { limit: 1, windowSeconds: 1 };
    await count('192.0.2.9', rule);
    expect(await count('192.0.2.9', rule)).toEqual({ allowed: false, retryAfterSeconds: 1 });
    await expect.poll(async () => (await count('192.0.2.9', rule)).allowed, { timeout: 5_000 }).toBe(true);
  });

  const redisThat = (run: () => Promise<unknown>) => ({ run }) as unknown as Redis;
  const of = { service: 'URS', source: 's', rule: { limit: 1, windowSeconds: 60 } };

  it('E16: pass while Redis fails or hangs: the signature is still checked', async () => {
    const passed = { allowed: true, retryAfterSeconds: 0 };
    expect(
      await countRequest(
        redisThat(() => Promise.reject(new Error('down'))),
        of,
      ),
    ).toEqual(passed);
    expect(
      await countRequest(
        redisThat(() => new Promise(() => undefined)),
        of,
      ),
    ).toEqual(passed);
  });

  it.each([
    [[2, 0], 1],
    [[2, -1], 1],
    [[2, 1_000], 1],
    [['2', '1001'], 2],
  ])('that Redis counts as %j wait for %d s at least', async (reply, retryAfterSeconds) => {
    expect(
      await countRequest(
        redisThat(() => Promise.resolve(reply)),
        of,
      ),
    ).toEqual({
      allowed: false,
      retryAfterSeconds,
    });
  });
});
