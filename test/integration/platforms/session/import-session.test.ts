/** What an import leaves in Redis and in its process, beside the session itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CredentialStore } from '../../../../lib/access/credentials/credentials.ts';
import { createJar, storeJar } from '../../../../lib/platforms/cookies/jar.ts';
import { createImport } from '../../../../lib/platforms/session/import-session.ts';
import { SessionImport } from '../../../../lib/platforms/session/import-input.ts';
import { createMemory } from '../../../../lib/platforms/session/process-memory.ts';
import { createStore } from '../../../../lib/platforms/session/store.ts';
import { createVault } from '../../../../lib/vendors/secrets/vault.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { systemClock } from '../../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { script } from '../../../../lib/vendors/redis/redis.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import { fixedCredentials, recordedAlerts, serviceAt, uniqueCode, vaultKey } from './scene.ts';

let stores: TestStores;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());

const TTL = script(`return redis.call('PTTL', KEYS[1])`);
const LOGIN = {
  submit: { path: '/login', fields: {} },
  success: { status: 302 },
  extract: { token: { header: 'x-token' } },
};
const REFRESH = { method: 'POST', path: '/refresh', extract: { token: { header: 'x-token' } } };

function scene(login: object = LOGIN, credentials: CredentialStore = fixedCredentials()) {
  const auth = { login, sessionTimeoutSeconds: 900 } as object;
  const service = serviceAt('http://platform.example', uniqueCode(), auth);
  const vault = createVault(() => Promise.resolve([vaultKey]), systemRandom, systemClock);
  const store = createStore(stores.redis, vault);
  const memory = createMemory({ credentials, clock: systemClock });
  const alerts = recordedAlerts();
  const importSession = createImport({ store, memory, credentials, alerts, clock: systemClock });
  const slot = memory.at(service);
  const take = (input: object) => importSession(service, SessionImport.parse(input));
  return { store, slot, alerts, take };
}

describe('an import', () => {
  it('is above every login that its process has seen, also when Redis has lost its counters', async () => {
    const { store, slot, take } = scene();
    slot.highestLogin = 5;
    await take({ cookies: 'sid=1' });
    expect((await store.current(slot.keys))!.generation).toEqual({ login: 6, revision: 0 });
    expect(slot).toMatchObject({ highestLogin: 6, current: { generation: '6.0' } });
  });

  it('is above every login that begins meanwhile, until that is no end', async () => {
    const { store, slot, take, alerts } = scene();
    let tries = 0;
    store.takeOver = (_, { login }) => {
      tries += 1;
      if (tries > 20) throw new Error('tried too often');
      return Promise.resolve(login + 1);
    };
    await expect(take({ cookies: 'sid=1' })).rejects.toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
      retryAfterSeconds: 1,
    });
    expect([tries, slot.current, alerts.resolved]).toEqual([10, undefined, []]);
  });

  it('ends the pauses of an outage', async () => {
    const { slot, take } = scene();
    slot.withoutRedis = { notBefore: Date.now() + 60_000, attempts: 4 };
    await take({ cookies: 'sid=1' });
    expect(slot.withoutRedis).toEqual({ notBefore: 0, attempts: 0 });
  });
});

describe('what renews the session', () => {
  const before = {
    values: { token: 'of the one before' },
    jar: storeJar(createJar(), 0),
    credentialVersion: 'v1',
  };

  it('is what was handed over, as long as the definition says', async () => {
    const { store, slot, take } = scene({ ...LOGIN, refresh: REFRESH });
    await store.keepRefresh(slot.keys, before, 60_000);
    await take({ cookies: 'sid=1', values: { token: 'handed over' } });
    expect(await store.refreshState(slot.keys)).toMatchObject({
      values: { token: 'handed over' },
      jar: { cookies: [{ key: 'sid', value: '1' }] },
      credentialVersion: 'v1',
    });
    const ttl = await stores.redis.run<number>(TTL, [slot.keys.refresh], []);
    expect(Math.ceil(ttl / 60_000)).toBe(15);
  });

  it('is not that of the session before, where nothing was handed over', async () => {
    const { store, slot, take } = scene({ ...LOGIN, refresh: REFRESH });
    await store.keepRefresh(slot.keys, before, 60_000);
    await take({ cookies: 'sid=1' });
    expect(await store.refreshState(slot.keys)).toBeUndefined();
  });

  it('is of no credentials where there are none', async () => {
    const current = () => Promise.reject(new GatewayError('CONFIGURATION_ERROR', 'none'));
    const { store, slot, take } = scene({ ...LOGIN, refresh: REFRESH }, { ...fixedCredentials(), current });
    await take({ values: { token: 'handed over' } });
    expect(await store.refreshState(slot.keys)).toMatchObject({ credentialVersion: '' });
  });

  it('is nothing of a login that cannot be renewed; nor does an import fail for it', async () => {
    const plain = scene();
    await plain.take({ values: { token: 'handed over' } });
    expect(await plain.store.refreshState(plain.slot.keys)).toBeUndefined();
    const { store, take } = scene({ ...LOGIN, refresh: REFRESH });
    store.dropRefresh = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'away'));
    await expect(take({ cookies: 'sid=1' })).resolves.toBeUndefined();
  });
});
