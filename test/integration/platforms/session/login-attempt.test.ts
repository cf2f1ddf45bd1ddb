/** What the holder of the lock does, on real Redis. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJar } from '../../../../lib/platforms/cookies/jar.ts';
import { withoutVerdict } from '../../../../lib/platforms/login/login-error.ts';
import type { LoginTrigger } from '../../../../lib/platforms/login/login.ts';
import { createLoginAttempt } from '../../../../lib/platforms/session/login-attempt.ts';
import type { LoginLease } from '../../../../lib/platforms/session/login-attempt.ts';
import { createMemory } from '../../../../lib/platforms/session/process-memory.ts';
import { createStore } from '../../../../lib/platforms/session/store.ts';
import { createVault } from '../../../../lib/vendors/secrets/vault.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { script } from '../../../../lib/vendors/redis/redis.ts';
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
import { fixedCredentials, recordedAlerts, vaultKey } from './scene.ts';

let stores: TestStores;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());

const TTL = script(`return redis.call('PTTL', KEYS[1])`);
const REFRESHED = { refresh: { path: '/token' } };
const away = (redis: { away: boolean }, error?: GatewayError) => async () => {
  redis.away = true;
  if (error) throw error;
  return Promise.resolve();
};

function scene(login?: object) {
  const clock = standingClock();
  const forgotten: string[] = [];
  const credentials = { ...fixedCredentials(), forget: (code: string) => void forgotten.push(code) };
  const alerts = recordedAlerts();
  const redis = severable(stores.redis);
  const memory = createMemory({ credentials, clock });
  const store = createStore(
    redis,
    createVault(() => Promise.resolve([vaultKey]), systemRandom, clock),
  );
  const recipes = scriptedRecipes();
  const service = serviceWith(login, { sessionTimeoutSeconds: 900 });
  const slot = memory.at(service);
  const { keys } = slot;
  const attempt = createLoginAttempt({
    store,
    memory,
    login: recipes,
    credentials,
    alerts,
    clock,
    random: systemRandom,
    startInBackground: () => Promise.resolve(),
  });
  let owners = 0;
  const lease = async (version = 'v1'): Promise<LoginLease> => {
    owners += 1;
    const owner = `o${owners}`;
    const asked = { newerThan: 99, force: true, credentialVersion: version, now: clock.at };
    const answer = await store.begin(keys, beginning(owner, asked));
    if (answer.kind !== 'acquired') throw new Error(answer.kind);
    return { owner, login: answer.login, version, tag: 't', deadline: { at: clock.at + 30_000 } };
  };
  const run = async (trigger: LoginTrigger = 'call', version?: string) =>
    attempt(service, slot, trigger, await lease(version));
  return { clock, forgotten, alerts, redis, store, recipes, service, slot, keys, attempt, lease, run };
}

describe('a login that gets in', () => {
  it('is stored, held, and ends the alerts that are up', async () => {
    const { run, recipes, service, slot, store, keys, alerts, clock } = scene();
    const done = await run();
    expect(done).toMatchObject({ kind: 'stored', current: { generation: '1.0', unsaved: false } });
    expect(slot.current).toBe(done.kind === 'stored' && done.current);
    expect(recipes.logins).toEqual([{ service, trigger: 'call', deadline: { at: clock.at + 30_000 } }]);
    expect((await store.current(keys))!.document.values).toEqual({ token: 't1' });
    expect(alerts.resolved.toSorted()).toEqual(['LOGIN_LOCKED', 'LOGIN_UNCLEAR', 'SESSION_NEEDS_PERSON']);
    expect(alerts.raised).toEqual([]);
  });

  it('ends when the platform says, but is used no longer than the definition does', async () => {
    const { run, recipes } = scene();
    recipes.expiresInSeconds = 100;
    expect(await run()).toMatchObject({ current: { expiresAt: NOW + 100_000 } });
    recipes.expiresInSeconds = 1_000;
    expect(await run()).toMatchObject({ current: { expiresAt: NOW + 900_000 } });
  });

  it('gives way to an operator who ended the session meanwhile', async () => {
    const { run, recipes, store, keys, slot, alerts } = scene();
    recipes.during = async () => void (await store.invalidate(keys));
    expect(await run()).toEqual({ kind: 'superseded' });
    expect(slot.current).toBeUndefined();
    expect(alerts.resolved).toEqual([]);
  });

  it('serves this process when Redis went away, and is to be stored later', async () => {
    const { run, recipes, redis, slot } = scene(REFRESHED);
    recipes.during = away(redis);
    const done = await run();
    expect(done).toMatchObject({ kind: 'stored', current: { generation: '1.0', unsaved: true } });
    expect(slot.current).toBe(done.kind === 'stored' && done.current);
  });

  it('has not when it cannot be stored for another reason', async () => {
    const { run, recipes, redis } = scene();
    recipes.during = async () => {
      redis.run = () => Promise.reject(new Error('a bug'));
      return Promise.resolve();
    };
    await expect(run()).rejects.toThrow('a bug');
  });
});

describe('a session that can be refreshed', () => {
  it('takes no login while that works, as long as it may be used', async () => {
    const { run, recipes, store, keys, service, clock } = scene(REFRESHED);
    await run();
    const ttl = await stores.redis.run<number>(TTL, [keys.refresh], []);
    expect(ttl).toBeGreaterThan(890_000);
    expect(ttl).toBeLessThanOrEqual(900_000);
    const done = await run('expired');
    expect(done).toMatchObject({ kind: 'stored', current: { generation: '2.0' } });
    const input = { service, trigger: 'expired', deadline: { at: clock.at + 30_000 } };
    expect(recipes.refreshes).toMatchObject([[input, { values: { token: 't1' }, credentialVersion: 'v1' }]]);
    const { jar } = (recipes.refreshes[0] as [unknown, { jar: Parameters<typeof openJar>[0] }])[1];
    expect(openJar(jar).getCookieStringSync('http://127.0.0.1:1/')).toBe('sid=s1');
    expect(recipes.logins).toHaveLength(1);
    // The next one goes on from what this one was given.
    expect((await store.refreshState(keys))!.values).toEqual({ token: 't2' });
  });

  it('takes one when an operator asks: the session itself is in doubt', async () => {
    const { run, recipes } = scene(REFRESHED);
    await run();
    await run('operator');
    expect([recipes.logins.length, recipes.refreshes.length]).toEqual([2, 0]);
  });

  it('takes one under other credentials: they may be of another account', async () => {
    const { run, recipes } = scene(REFRESHED);
    await run();
    await run('expired', 'v2');
    expect([recipes.logins.length, recipes.refreshes.length]).toEqual([2, 0]);
  });

  it('takes one where the definition has no refresh any more', async () => {
    const { store, keys, run, recipes } = scene();
    const { jar } = { jar: { version: 't', storeType: 'm', rejectPublicSuffixes: true, cookies: [] } };
    await store.keepRefresh(keys, { values: {}, jar, credentialVersion: 'v1' }, 60_000);
    await run('expired');
    expect([recipes.logins.length, recipes.refreshes.length]).toEqual([1, 0]);
  });

  it('keeps nothing for a definition without', async () => {
    const { run, keys } = scene();
    await run();
    expect(await stores.redis.get(keys.refresh)).toBeNull();
  });

  it.each(['AUTHENTICATION_FAILED', 'CONFIGURATION_ERROR'] as const)(
    'takes one after %s, and is not tried to be refreshed again',
    async (code) => {
      const { run, recipes, keys, alerts } = scene(REFRESHED);
      await run();
      recipes.duringRefresh = failWith(code);
      recipes.during = failWith('CAPTCHA_FAILED');
      expect(await run('expired')).toMatchObject({ kind: 'failed', error: { code: 'CAPTCHA_FAILED' } });
      expect(await stores.redis.get(keys.refresh)).toBeNull();
      await run('expired');
      expect([recipes.logins.length, recipes.refreshes.length]).toEqual([3, 1]);
      expect(alerts.raised).toEqual([]);
    },
  );

  it('may be refreshed later when the platform was down', async () => {
    const { run, recipes, keys } = scene(REFRESHED);
    await run();
    recipes.duringRefresh = recipes.during = failWith('PLATFORM_UNAVAILABLE');
    expect(await run('expired')).toMatchObject({ kind: 'failed', error: { code: 'PLATFORM_UNAVAILABLE' } });
    expect(await stores.redis.get(keys.refresh)).not.toBeNull();
    recipes.duringRefresh = () => Promise.resolve();
    expect(await run('expired')).toMatchObject({ kind: 'stored' });
    expect([recipes.logins.length, recipes.refreshes.length]).toEqual([2, 2]);
  });

  it('begins no login when there is no time left', async () => {
    const { run, recipes } = scene(REFRESHED);
    await run();
    recipes.duringRefresh = failWith('DEADLINE_EXCEEDED');
    expect(await run('expired')).toEqual({ kind: 'outOfTime' });
    expect(recipes.logins).toHaveLength(1);
  });

  it('takes one when Redis cannot say', async () => {
    const { run, recipes, redis, attempt, slot, service, lease } = scene(REFRESHED);
    await run();
    const held = await lease();
    redis.away = true;
    expect(await attempt(service, slot, 'expired', held)).toMatchObject({ kind: 'stored' });
    expect([recipes.logins.length, recipes.refreshes.length]).toEqual([2, 0]);
  });
});

describe('a login whose time was up', () => {
  const slow = (clock: { at: number }, error: GatewayError) => async () => {
    clock.at += 4_000;
    return Promise.reject(error);
  };
  const tooLate = new GatewayError('DEADLINE_EXCEEDED', 'too late');

  it('says nothing about the platform, but how long logins take', async () => {
    const { run, recipes, clock, store, keys, alerts } = scene();
    recipes.during = slow(clock, tooLate);
    expect(await run()).toEqual({ kind: 'outOfTime' });
    expect(await store.inspect(keys)).toMatchObject({
      usualMs: 4_000,
      loggingIn: false,
      lockout: undefined,
      failure: null,
      errors: 0,
    });
    expect(alerts.raised).toEqual([]);
  });

  it('R2: counts, and is told to people, when its form was sent; at last logins pause', async () => {
    const { run, recipes, clock, store, keys, alerts, service } = scene();
    recipes.during = slow(clock, withoutVerdict(tooLate));
    expect(await run()).toEqual({ kind: 'outOfTime' });
    expect(alerts.raised).toMatchObject([{ kind: 'LOGIN_UNCLEAR', subject: service.definition.code }]);
    expect((await store.inspect(keys)).lockout).toMatchObject({ version: 'v1', refusals: 1 });
    expect(await run()).toEqual({ kind: 'outOfTime' });
    const last = await run();
    expect(last).toMatchObject({
      kind: 'failed',
      error: { code: 'AUTHENTICATION_FAILED', retryAfterSeconds: 600, internal: { lockedOut: true } },
    });
    expect(alerts.raised.at(-1)).toMatchObject({
      kind: 'LOGIN_LOCKED',
      details: { refusals: 3, seconds: 600 },
    });
  });

  it('is the same when Redis went away', async () => {
    const { run, recipes, redis, alerts } = scene();
    recipes.during = away(redis, tooLate);
    expect(await run()).toEqual({ kind: 'outOfTime' });
    expect(alerts.raised).toEqual([]);
  });
});

describe('a login that fails', () => {
  it('is recorded, and does not count as a refusal', async () => {
    const { run, recipes, store, keys, alerts, forgotten } = scene();
    recipes.during = failWith('CAPTCHA_FAILED');
    expect(await run()).toMatchObject({ kind: 'failed', error: { code: 'CAPTCHA_FAILED', message: 'no' } });
    expect(await store.inspect(keys)).toMatchObject({
      failure: { 1: 'CAPTCHA_FAILED', 2: '1', 3: String(NOW) },
      errors: 1,
      lockout: undefined,
      loggingIn: false,
    });
    expect([alerts.raised, forgotten]).toEqual([[], []]);
  });

  it('unexpectedly is ours, and keeps its cause for the log', async () => {
    const { run, recipes } = scene();
    const cause = new Error('a bug');
    recipes.during = () => Promise.reject(cause);
    expect(await run()).toMatchObject({
      kind: 'failed',
      error: { code: 'INTERNAL', message: 'The login failed unexpectedly.', cause },
    });
  });

  it('S5: for its credentials has them read again; the third time logins pause', async () => {
    const { run, recipes, alerts, forgotten, service } = scene();
    recipes.during = failWith('AUTHENTICATION_FAILED');
    await run();
    const second = await run();
    expect(second).toMatchObject({ kind: 'failed', error: { message: 'no' } });
    expect(alerts.raised).toEqual([]);
    expect(await run()).toMatchObject({
      kind: 'failed',
      error: { code: 'AUTHENTICATION_FAILED', retryAfterSeconds: 600, internal: { lockedOut: true } },
    });
    expect(forgotten).toEqual(Array(3).fill(service.definition.code));
    expect(alerts.raised).toMatchObject([{ kind: 'LOGIN_LOCKED', details: { refusals: 3, seconds: 600 } }]);
  });

  it('R2: without a verdict counts as refused, and people are told', async () => {
    const { run, recipes, store, keys, alerts, service } = scene();
    recipes.during = () =>
      Promise.reject(withoutVerdict(new GatewayError('PLATFORM_UNAVAILABLE', 'cut off')));
    expect(await run()).toMatchObject({ kind: 'failed', error: { code: 'PLATFORM_UNAVAILABLE' } });
    expect(await store.inspect(keys)).toMatchObject({
      failure: { 1: 'LOGIN_UNCLEAR' },
      lockout: { refusals: 1, lockedUntil: 0 },
    });
    expect(alerts.raised).toMatchObject([{ kind: 'LOGIN_UNCLEAR', subject: service.definition.code }]);
  });

  it('for a question that nobody answered asks for a person', async () => {
    const { run, recipes, alerts, service } = scene();
    recipes.during = failWith('SESSION_NEEDS_PERSON');
    expect(await run()).toMatchObject({ kind: 'failed', error: { code: 'SESSION_NEEDS_PERSON' } });
    const { code } = service.definition;
    expect(alerts.raised).toMatchObject([
      {
        kind: 'SESSION_NEEDS_PERSON',
        subject: code,
        summary: `${code} asked a question that nobody answered: a person has to log in.`,
      },
    ]);
  });

  it('is told as it is when Redis went away', async () => {
    const { run, recipes, redis, alerts } = scene();
    recipes.during = away(redis, new GatewayError('AUTHENTICATION_FAILED', 'refused'));
    expect(await run()).toMatchObject({ kind: 'failed', error: { message: 'refused' } });
    expect(alerts.raised).toEqual([]);
  });

  it('too late to count, when the pause of others ends this very moment, is told as it is', async () => {
    const { run, recipes, alerts, keys } = scene();
    recipes.during = async () => {
      // Meanwhile a later login has got in, and refusals were counted after it.
      await stores.redis.set(keys.generation, '5.0');
      await stores.redis.set(keys.lockout, `v1|3|${NOW}`);
      throw new GatewayError('AUTHENTICATION_FAILED', 'refused');
    };
    expect(await run()).toMatchObject({ kind: 'failed', error: { message: 'refused' } });
    expect(alerts.raised).toEqual([]);
  });

  it('uses up its number, though Redis forgets it', async () => {
    const { run, recipes, slot } = scene();
    recipes.during = failWith('CAPTCHA_FAILED');
    await run();
    expect(slot.highestLogin).toBe(1);
  });
});
