import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCanaryLockout } from '../../../lib/access/credentials/canary-lockout.ts';
import type { CanaryLockout } from '../../../lib/access/credentials/canary-lockout.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { openStores, openPrivateRedis } from '../../stores.ts';
import type { PrivateRedis, TestStores } from '../../stores.ts';

const LOCKOUT = { failures: 2, seconds: 600 };

let stores: TestStores;
let away: PrivateRedis;
let now = 1_800_000_000_000;
const clock = { now: () => now, sleep: async () => {} };
let lockout: CanaryLockout;
beforeAll(async () => {
  [stores, away] = await Promise.all([openStores(), openPrivateRedis()]);
  lockout = createCanaryLockout({ redis: stores.redis, clock, random });
});
afterAll(() => Promise.all([stores.close(), away.close()]));

it('pauses after so many refusals in a row, whatever the values were; then one try is free', async () => {
  const subject = `${stores.stage}_PAUSED`;
  await lockout.refused(subject, LOCKOUT);
  await lockout.admit(subject);
  await lockout.refused(subject, LOCKOUT);
  await expect(lockout.admit(subject)).rejects.toMatchObject({
    code: 'AUTHENTICATION_FAILED',
    retryAfterSeconds: 600,
  });
  await lockout.admit(`${subject}/north`);
  now += 600_000;
  await lockout.admit(subject);
  await lockout.refused(subject, LOCKOUT);
  await expect(lockout.admit(subject)).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
});

it('begins anew once one was accepted', async () => {
  const subject = `${stores.stage}_ACCEPTED`;
  await lockout.refused(subject, LOCKOUT);
  await lockout.accepted(subject);
  await lockout.refused(subject, LOCKOUT);
  await expect(lockout.admit(subject)).resolves.toBeUndefined();
});

it('lets nothing be tried that cannot be counted', async () => {
  const blind = createCanaryLockout({ redis: away.redis, clock, random });
  await away.stop();
  await expect(blind.admit('ANY')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
