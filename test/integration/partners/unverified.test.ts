import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countUnverified, listUnverified } from '../../../lib/partners/unverified.ts';
import { script } from '../../../lib/vendors/redis/redis.ts';
import type { Redis } from '../../../lib/vendors/redis/redis.ts';
import { openPrivateRedis } from '../../stores.ts';
import type { PrivateRedis } from '../../stores.ts';

const at = (time: string) => Date.parse(`2026-11-21T${time}Z`);
const SAMPLES = Array<boolean>(10).fill(true);

let own: PrivateRedis;
beforeAll(async () => {
  own = await openPrivateRedis({ timeoutMs: 5_000 });
});
beforeEach(() => own.empty());
afterAll(() => own.close());

/** So many requests, one after the other: which of them are samples. */
async function count(
  times: number,
  time: string,
  { service = 'URS', cause = 'SIGNATURE', redis = own.redis } = {},
) {
  const kept: boolean[] = [];
  for (let nth = 0; nth < times; nth += 1)
    kept.push(await countUnverified(redis, { service, cause, at: at(time), samples: 10 }));
  return kept;
}

const list = (to: string, hours: number, services = ['URS']) =>
  listUnverified(own.redis, { services, to: at(to), hours });
const minutes = async (to: string, hours: number) =>
  (await list(to, hours)).map(({ minute }) => minute.slice('2026-11-21T'.length, -':00.000Z'.length));

describe('requests that nobody has proved to be the partner’s (H9)', () => {
  it('are counted by service, minute and cause, and listed newest first, the most frequent before the others', async () => {
    await count(1, '11:59:59.999');
    await count(2, '12:00:00', { cause: 'EXPIRED' });
    await count(3, '12:00:59.999');
    await count(1, '12:01:00', { cause: 'RATE_LIMITED' });
    await count(4, '12:01:30', { service: 'SHOP', cause: 'MALFORMED' });
    const [before, noon, after] = ['11:59', '12:00', '12:01'].map((time) => `2026-11-21T${time}:00.000Z`);
    const ofUrs = [
      { service: 'URS', minute: after, cause: 'RATE_LIMITED', count: 1 },
      { service: 'URS', minute: noon, cause: 'SIGNATURE', count: 3 },
      { service: 'URS', minute: noon, cause: 'EXPIRED', count: 2 },
      { service: 'URS', minute: before, cause: 'SIGNATURE', count: 1 },
    ];
    const ofShop = { service: 'SHOP', minute: after, cause: 'MALFORMED', count: 4 };
    expect(await list('12:02:00', 1)).toEqual(ofUrs);
    expect(await list('12:02:00', 1, ['URS', 'SHOP'])).toEqual([ofShop, ...ofUrs]);
    expect(await list('12:02:00', 1, ['OTHERS'])).toEqual([]);
  });

  it('are listed from the minute of the first moment asked for to that of the last', async () => {
    for (const time of ['09:29:59', '09:30:00', '10:15:00', '12:00:00', '12:30:00', '12:31:00'])
      await count(1, time);
    expect(await minutes('12:30:30', 3)).toEqual(['12:30', '12:00', '10:15', '09:30']);
    // On the minute: that minute has begun, and so had the one three hours before.
    expect(await minutes('12:30:00', 3)).toEqual(['12:30', '12:00', '10:15', '09:30']);
    expect(await minutes('12:29:59.999', 3)).toEqual(['12:00', '10:15', '09:30', '09:29']);
    expect(await minutes('12:31:00', 1)).toEqual(['12:31', '12:30', '12:00']);
  });

  it('are samples up to ten a minute and service, whatever their causes', async () => {
    expect(await count(6, '12:00:00', { cause: 'SIGNATURE' })).toEqual(SAMPLES.slice(0, 6));
    expect(await count(6, '12:00:59', { cause: 'EXPIRED' })).toEqual([...SAMPLES.slice(0, 4), false, false]);
    expect(await count(1, '12:00:59', { service: 'SHOP' })).toEqual([true]);
    expect(await count(11, '12:01:00')).toEqual([...SAMPLES, false]);
    expect(await count(1, '13:00:00')).toEqual([true]);
    // All of them are counted.
    expect((await list('12:00:59', 0)).map((each) => each.count)).toEqual([6, 6]);
  });

  it('are forgotten 7 days after, an hour at a time', async () => {
    await count(2, '12:00:00');
    await count(2, '12:59:00');
    const hour = at('12:00:00') / 3_600_000;
    const read = script(`return { redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[2]) }`);
    const keys = [hour, hour + 1].map((each) => `webhook:URS:unverified:${each}`);
    const [left, ofNextHour] = (await own.redis.run<number[]>(read, keys, [])).map(Number);
    const sevenDays = 7 * 24 * 3_600 * 1_000;
    expect(left).toBeGreaterThan(sevenDays - 60_000);
    expect(left).toBeLessThanOrEqual(sevenDays);
    // There is none.
    expect(ofNextHour).toBe(-2);
  });

  it('that come all at once are all counted, and ten of them samples', async () => {
    const kept = await Promise.all(
      Array.from({ length: 40 }, () =>
        countUnverified(own.redis, { service: 'URS', cause: 'SIGNATURE', at: at('12:00:00'), samples: 10 }),
      ),
    );
    expect(kept.filter(Boolean)).toHaveLength(10);
    expect(await list('12:00:00', 1)).toMatchObject([{ count: 40 }]);
  });
});

describe('without Redis', () => {
  it('each process keeps ten a minute and service', async () => {
    await own.stop();
    expect(await count(12, '14:00:00')).toEqual([...SAMPLES, false, false]);
    expect(await count(1, '14:00:59', { cause: 'EXPIRED' })).toEqual([false]);
    expect(await count(11, '14:01:00')).toEqual([...SAMPLES, false]);
    expect(await count(1, '15:00:00')).toEqual([true]);
    expect(await count(1, '14:00:00', { service: 'SHOP' })).toEqual([true]);
    await own.restart();
    expect(await count(1, '14:00:00')).toEqual([true]);
  });

  it('a list is refused: it must not look as if there had been nothing', async () => {
    await own.stop();
    await expect(list('14:00:00', 1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await own.restart();
  });

  it('that hangs, nobody waits for it', async () => {
    const redis = { run: () => new Promise(() => undefined) } as unknown as Redis;
    expect(await count(1, '16:00:00', { redis })).toEqual([true]);
  });
});
