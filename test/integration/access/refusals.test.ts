import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRefusalCounter } from '../../../lib/access/credentials/refusals.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import type { Redis } from '../../../lib/vendors/redis/redis.ts';
import { openPrivateRedis, openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { recordedAlerts, shiftedClock, uniqueCode } from '../platforms/session/scene.ts';

const LOCKOUT = { failures: 3, seconds: 600 };
let stores: TestStores;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());

function scene(redis: Redis = stores.redis) {
  const clock = shiftedClock();
  const alerts = recordedAlerts();
  const current = { version: 'v1', reads: 0 };
  const credentials = {
    current: async () => ({ versionId: current.version, values: {} }),
    forget: () => void (current.reads += 1),
  };
  const process = () => createRefusalCounter({ redis, credentials, alerts, clock, random: systemRandom });
  return { clock, alerts, current, process, code: uniqueCode('KEY') };
}
const paused = { code: 'AUTHENTICATION_FAILED', retryAfterSeconds: 600 };

it('R8: processes count together; each learns of the pause from the key that the guard reads, or reads itself', async () => {
  const { process, code, alerts } = scene();
  const [one, two] = [process(), process()];
  await one.refused(code, 'v1', LOCKOUT);
  await two.refused(code, 'v1', LOCKOUT);
  await one.admit(code, 'v1', undefined);
  expect(alerts.raised).toEqual([]);
  await two.refused(code, 'v1', LOCKOUT);
  expect(alerts.raised.map(({ kind, subject }) => [kind, subject])).toEqual([['CREDENTIALS_REFUSED', code]]);

  const stored = await stores.redis.get(one.key(code));
  await expect(one.admit(code, 'v1', stored)).rejects.toMatchObject(paused);
  await expect(process().admit(code, 'v1', undefined)).rejects.toMatchObject(paused);
  await process().admit(code, 'v1', null);
});

it('R8: the pause over, one try is free; refused, it pauses again; accepted, the count starts anew', async () => {
  const { process, code, clock, alerts } = scene();
  const counter = process();
  for (let i = 0; i < 3; i += 1) await counter.refused(code, 'v1', LOCKOUT);
  clock.shift(600_000);
  await process().admit(code, 'v1', undefined);
  await counter.refused(code, 'v1', LOCKOUT);
  await expect(process().admit(code, 'v1', undefined)).rejects.toMatchObject(paused);
  await counter.accepted(code);
  expect(await stores.redis.get(counter.key(code))).toBeNull();
  expect(alerts.resolved).toEqual(['CREDENTIALS_REFUSED']);
  await process().admit(code, 'v1', undefined);
});

it('R8: another version starts from zero; while paused the credentials are read again every 5 s, not for each call', async () => {
  const { process, code, clock, current } = scene();
  const counter = process();
  for (let i = 0; i < 3; i += 1) await counter.refused(code, 'v1', LOCKOUT);
  current.reads = 0;
  for (let i = 0; i < 20; i += 1)
    await expect(counter.admit(code, 'v1', undefined)).rejects.toMatchObject(paused);
  expect(current.reads).toBe(1);
  current.version = 'v2';
  clock.shift(5_000);
  await counter.admit(code, 'v1', undefined);
  await counter.admit(code, 'v2', undefined);
  await counter.refused(code, 'v2', LOCKOUT);
  expect(await stores.redis.get(counter.key(code))).toBe('v2|1|0');
});

it('without Redis a process counts for itself, and refuses no call because it cannot read', async () => {
  const own = await openPrivateRedis({ timeoutMs: 200 });
  try {
    const { process, code } = scene(own.redis);
    await own.stop();
    const counter = process();
    await counter.admit(code, 'v1', undefined);
    for (let i = 0; i < 3; i += 1) await counter.refused(code, 'v1', LOCKOUT);
    await expect(counter.admit(code, 'v1', undefined)).rejects.toMatchObject(paused);
    await counter.accepted(code);
    await counter.admit(code, 'v1', undefined);
  } finally {
    await own.close();
  }
});
