/** What operators see of a session, and what they may do to it, on real Redis. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import { sessionKeys } from '../../../../lib/platforms/session/keys.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import {
  beginning,
  failWith,
  NOW,
  scriptedRecipes,
  serviceWith,
  severable,
  standingClock,
} from './recipes.ts';
import { fixedCredentials, processOf, recordedAlerts, within } from './scene.ts';

let stores: TestStores;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());

function scene(auth: object = {}) {
  const clock = standingClock();
  const credentials = fixedCredentials();
  const alerts = recordedAlerts();
  const recipes = scriptedRecipes();
  const redis = severable(stores.redis);
  const service = serviceWith({}, auth);
  const keys = sessionKeys(service.definition);
  const deps = { clock, credentials, alerts, login: recipes };
  const sessions = processOf(redis, deps);
  const other = () => processOf(stores.redis, deps);
  const time = () => within(20_000, clock);
  const acquire = (storedGeneration?: string) => sessions.acquire(service, { ...time(), storedGeneration });
  const set = (name: 'generation' | 'rejected' | 'lockout', value: string) =>
    stores.redis.set(keys[name], value);
  return { clock, credentials, alerts, recipes, redis, service, keys, sessions, other, time, acquire, set };
}

/** The platform refuses what a process holds, and the login that follows fails. */
async function refuse({ sessions, service, recipes, time, acquire }: ReturnType<typeof scene>) {
  const { session } = await acquire();
  const { during } = recipes;
  recipes.during = failWith('CAPTCHA_FAILED');
  await sessions.renew(service, session, time()).catch(() => undefined);
  recipes.during = during;
}

describe('the session that a call would use', () => {
  const liveOf = (service: PlatformService, sessions: ReturnType<typeof processOf>) => sessions.live(service);

  it('is none where nobody has logged in, and looking for it logs nobody in', async () => {
    const { service, sessions, recipes } = scene();
    expect(await liveOf(service, sessions)).toBeUndefined();
    expect(recipes.logins).toEqual([]);
  });
  it('is that of the fleet', async () => {
    const { service, acquire, other } = scene({ sessionHeaders: { 'X-Token': '{{session.token}}' } });
    await acquire();
    const live = await liveOf(service, other());
    expect(live).toMatchObject({ generation: '1.0', headers: { 'x-token': 't1' } });
    expect(live!.cookieHeader('http://127.0.0.1:1/')).toBe('sid=s1');
  });
  it.each(['2.0', '2.invalidated', 'rubbish'])('is none when %s is what counts', async (generation) => {
    const { service, acquire, other, set } = scene();
    await acquire();
    await set('generation', generation);
    expect(await liveOf(service, other())).toBeUndefined();
  });
  it('is none that the platform has refused; one after that it is', async () => {
    const all = scene();
    await refuse(all);
    expect(await liveOf(all.service, all.other())).toBeUndefined();
    await all.acquire();
    expect(await liveOf(all.service, all.other())).toMatchObject({ generation: '3.0' });
  });
});

describe('show', () => {
  it('tells that there is nothing', async () => {
    const { sessions, service } = scene();
    expect(await sessions.show(service)).toEqual({
      state: 'none',
      generation: null,
      main: null,
      backup: null,
      lockout: { refusals: 0, lockedUntil: null },
      lastFailure: null,
      keepalive: null,
      lastUpdate: null,
      stats: { logins: 0, errors: 0, usualLoginMs: 0 },
    });
  });

  it('tells all there is, in order, and when', async () => {
    const sessionHeaders = { 'X-Token': '{{session.token}}', 'A-First': '1' };
    const { sessions, service, recipes, acquire, time, clock, keys, alerts } = scene({ sessionHeaders });
    const plain = { ...recipes };
    recipes.run = async (input) => {
      const result = await plain.run(input);
      clock.at += 2_000;
      const loginInfo = { ...result.loginInfo, captcha_url: 'http://127.0.0.1:1/captcha?token=se\ncret' };
      return { ...result, values: { ...result.values, account: 'a' }, loginInfo };
    };
    await acquire();
    recipes.during = failWith('CAPTCHA_FAILED');
    await expect(sessions.loginNow(service, time())).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
    await sessions.store.settleKeepalive(keys, NOW + 60_000, 2);
    expect(await sessions.show(service)).toEqual({
      state: 'live',
      generation: '1.0',
      main: {
        generation: '1.0',
        createdAt: '2026-11-21T04:00:02.000Z',
        lastAccessed: '2026-11-21T04:00:02.000Z',
        expiresAt: '2026-11-21T05:00:02.000Z',
        loginInfo: { login_time: '', attempts: 1, duration_ms: 1, captcha_url: 'http://127.0.0.1:1/captcha' },
        cookies: ['sid'],
        headers: ['a-first', 'x-token'],
        values: ['account', 'token'],
      },
      backup: null,
      lockout: { refusals: 0, lockedUntil: null },
      lastFailure: { code: 'CAPTCHA_FAILED', count: 1, at: '2026-11-21T04:00:02.000Z' },
      keepalive: { nextAt: '2026-11-21T04:01:00.000Z', failures: 2 },
      lastUpdate: '2026-11-21T04:00:02.000Z',
      stats: { logins: 1, errors: 1, usualLoginMs: 2_000 },
    });
    expect(alerts.raised).toEqual([]);
  });

  it.each(['2.0', '2.invalidated', 'rubbish'])(
    'shows no session where %s is what counts',
    async (generation) => {
      const { sessions, service, acquire, set } = scene();
      await acquire();
      await set('generation', generation);
      expect(await sessions.show(service)).toMatchObject({ state: 'none', generation, main: null });
    },
  );

  it('tells that a login is running', async () => {
    const { sessions, service, keys } = scene();
    await sessions.store.begin(keys, beginning('somebody'));
    expect((await sessions.show(service)).state).toBe('logging-in');
  });

  it('shows a lockout until it ends', async () => {
    const { sessions, service, set } = scene();
    await set('lockout', `v1|3|${NOW + 1}`);
    expect(await sessions.show(service)).toMatchObject({
      state: 'locked-out',
      lockout: { refusals: 3, lockedUntil: '2026-11-21T04:00:00.001Z' },
    });
    await set('lockout', `v1|3|${NOW}`);
    expect(await sessions.show(service)).toMatchObject({
      state: 'none',
      lockout: { refusals: 3, lockedUntil: null },
    });
  });

  it('shows no lockout of credentials that were replaced, or that are gone', async () => {
    const { sessions, service, set, credentials } = scene();
    await set('lockout', `v1|3|${NOW + 60_000}`);
    credentials.version = 'v2';
    const none = { state: 'none', lockout: { refusals: 0, lockedUntil: null } };
    expect(await sessions.show(service)).toMatchObject(none);
    credentials.current = failWith('CONFIGURATION_ERROR');
    expect(await sessions.show(service)).toMatchObject(none);
  });
});

describe('an operator', () => {
  it('ends a session for this process, too', async () => {
    const { sessions, service, acquire } = scene();
    await acquire();
    expect(await sessions.invalidate(service)).toBe('2.invalidated');
    expect(await acquire()).toMatchObject({ session: { generation: '3.0' }, origin: 'login' });
  });

  it('ends the pause of a process that was without Redis', async () => {
    const { sessions, service, acquire, redis, recipes, clock } = scene();
    const refused = async () =>
      ({ code: 'in', ...(await acquire().catch((error: object) => error)) }) as object;
    recipes.during = failWith('AUTHENTICATION_FAILED');
    redis.away = true;
    expect(await refused()).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(await refused()).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    redis.away = false;
    await sessions.unlock(service);
    redis.away = true;
    recipes.during = failWith('PLATFORM_UNAVAILABLE');
    expect(await refused()).toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    // The next one pauses as the first in a row does.
    clock.sleep = () => Promise.resolve();
    expect(await refused()).toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterSeconds: 5 });
    expect(recipes.logins).toHaveLength(2);
  });

  it('logs in though logins pause after failures, and it is recorded', async () => {
    const { sessions, service, acquire, recipes, time } = scene();
    recipes.during = failWith('PLATFORM_UNAVAILABLE');
    for (let n = 0; n < 3; n += 1)
      await expect(acquire()).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    expect(recipes.logins).toHaveLength(2);
    recipes.during = () => Promise.resolve();
    expect(await sessions.loginNow(service, time())).toMatchObject({ state: 'live', generation: '3.0' });
    expect(recipes.logins.at(-1)!.trigger).toBe('operator');
  });
});

describe('the keepalive function', () => {
  it('waits, as callers do, while logins pause after failures', async () => {
    const { sessions, service, acquire, recipes, time } = scene();
    await acquire();
    recipes.during = failWith('PLATFORM_UNAVAILABLE');
    const renew = () => sessions.renewAhead(service, 1, { ...time(), refused: false });
    for (let n = 0; n < 3; n += 1)
      await expect(renew()).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    expect(recipes.logins.map(({ trigger }) => trigger)).toEqual(['call', 'keepalive', 'keepalive']);
  });

  it('logs in for callers who cannot wait, and it is recorded', async () => {
    const { sessions, service, recipes, time } = scene();
    await sessions.loginInBackground(service, time());
    expect(recipes.logins.map(({ trigger }) => trigger)).toEqual(['background']);
    await sessions.loginInBackground(service, time());
    expect(recipes.logins).toHaveLength(1);
  });

  it('takes no session for live that this process knows to be refused, though Redis has lost that', async () => {
    const all = scene();
    await refuse(all);
    await stores.redis.del(all.keys.rejected);
    await all.sessions.loginInBackground(all.service, all.time());
    expect(await all.acquire()).toMatchObject({ session: { generation: '3.0' }, origin: 'reused' });
  });
});
