/** A session from a person against logins that run, on real Redis. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import { SessionImport } from '../../../../lib/platforms/session/import-input.ts';
import { sessionKeys } from '../../../../lib/platforms/session/keys.ts';
import { keepAlive } from '../../../../lib/platforms/session/keepalive.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { connectRedis, script } from '../../../../lib/vendors/redis/redis.ts';
import { startRedisWire } from '../../../faults/redis-wire.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import {
  countingRedis,
  fixedCredentials,
  processOf,
  recordedAlerts,
  serviceAt,
  shiftedClock,
  startPlatform,
  uniqueCode,
  within,
} from './scene.ts';
import type { Platform } from './scene.ts';

let stores: TestStores;
let platform: Platform;

beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());
beforeEach(async () => {
  platform = await startPlatform();
  return () => platform.close();
});

const TTL = script(`return redis.call('PTTL', KEYS[1])`);
const withLogin = () => serviceAt(platform.url);
const withoutLogin = (auth: object = {}) =>
  serviceAt(platform.url, uniqueCode(), { ...auth, login: undefined } as object);
const handOver = (sid = 'sid-from-a-browser', more: object = {}) => {
  platform.sessions.add(sid);
  return SessionImport.parse({ cookies: `sid=${sid}`, ...more });
};
const cookieOf = (session: { cookieHeader(url: string): string | undefined }) =>
  session.cookieHeader(`${platform.url}/x`);

describe('an import and a login that runs', () => {
  it('the login, begun before, does not overwrite it, and its caller gets the import', async () => {
    platform.loginMs = 300;
    const service = withLogin();
    const [a, b] = [processOf(stores.redis), processOf(stores.redis)];
    const waiting = a.acquire(service, within(20_000));
    await expect.poll(() => platform.logins).toBe(1);
    await b.importSession(service, handOver());
    expect(cookieOf((await waiting).session)).toBe('sid=sid-from-a-browser');
    expect(await b.show(service)).toMatchObject({
      generation: '2.0',
      main: { loginInfo: { trigger: 'import' } },
    });
    expect((await b.acquire(service, { ...within(20_000), storedGeneration: '2.0' })).origin).toBe('reused');
  });

  it('a login begun after it gives way to no import that is older', async () => {
    const service = withLogin();
    const sessions = processOf(stores.redis);
    await sessions.importSession(service, handOver());
    await sessions.loginNow(service, within(20_000));
    expect(await sessions.show(service)).toMatchObject({
      generation: '2.0',
      backup: { loginInfo: { trigger: 'import' } },
    });
    await sessions.importSession(service, handOver('another'));
    expect(await sessions.show(service)).toMatchObject({ generation: '3.0' });
  });

  it('the failure of a login begun before it says nothing any more', async () => {
    platform.loginMs = 200;
    platform.failing = 'AUTHENTICATION_FAILED';
    const service = withLogin();
    const [a, b] = [processOf(stores.redis), processOf(stores.redis)];
    const waiting = a.acquire(service, within(20_000)).catch((error: GatewayError) => error.code);
    await expect.poll(() => platform.logins).toBe(1);
    await b.importSession(service, handOver());
    await waiting;
    expect(await b.show(service)).toMatchObject({ lockout: { refusals: 0 }, lastFailure: null });
    expect(cookieOf((await a.acquire(service, within(20_000))).session)).toBe('sid=sid-from-a-browser');
  });

  it('waiters elsewhere take it at once, while the login still runs', async () => {
    platform.loginMs = 1_000;
    const service = withLogin();
    const [a, b, c] = [processOf(stores.redis), processOf(stores.redis), processOf(stores.redis)];
    const running = a.acquire(service, within(20_000));
    await expect.poll(() => platform.logins).toBe(1);
    const waiting = c.acquire(service, within(20_000));
    await b.importSession(service, handOver());
    const first = await Promise.race([running.then(() => 'login'), waiting.then(() => 'waiter')]);
    expect(first).toBe('waiter');
    expect(cookieOf((await running).session)).toBe(cookieOf((await waiting).session));
  });

  it('five imports at once: one after the other, each with a generation of its own', async () => {
    const service = withoutLogin();
    await Promise.all(
      Array.from({ length: 5 }, (_, at) =>
        processOf(stores.redis).importSession(service, handOver(`sid-${at}`)),
      ),
    );
    expect(await processOf(stores.redis).show(service)).toMatchObject({ generation: '5.0', state: 'live' });
  });

  it('sent twice by the SDK, it is stored once', async () => {
    const { url, token } = stores.config.redis;
    const wire = await startRedisWire(url);
    try {
      const service = withoutLogin();
      const redis = connectRedis({ url: wire.url, token, timeoutMs: 10_000 });
      const sessions = processOf(redis);
      await sessions.show(service);
      wire.loseReplies();
      await sessions.importSession(service, handOver());
      expect(wire.lost()).toBe(1);
      expect(await processOf(stores.redis).show(service)).toMatchObject({ generation: '1.0', backup: null });
    } finally {
      await wire.stop();
    }
  });
});

describe('an imported session', () => {
  it('is seen by a process that has another in memory, without one read more than for a login', async () => {
    const service = withLogin();
    const redis = countingRedis(stores.redis);
    const [a, b] = [processOf(redis), processOf(stores.redis)];
    await a.acquire(service, within(20_000));
    await b.importSession(service, handOver());
    redis.calls = 0;
    const { session } = await a.acquire(service, { ...within(20_000), storedGeneration: '2.0' });
    expect([cookieOf(session), redis.calls]).toEqual(['sid=sid-from-a-browser', 1]);
    expect(platform.logins).toBe(1);
  });

  it('has the life that was given, else that of the definition', async () => {
    const clock = shiftedClock();
    const service = withoutLogin({ sessionTimeoutSeconds: 900 });
    const sessions = processOf(stores.redis, { clock });
    const { main } = await sessions.importSession(service, handOver());
    expect(Date.parse(main!.expiresAt) - Date.parse(main!.createdAt)).toBe(900_000);
    const expiresAt = new Date(Date.now() + 7_200_000).toISOString();
    await sessions.importSession(service, handOver('sid-2', { expiresAt }));
    const ttl = await stores.redis.run<number>(TTL, [sessionKeys(service.definition).main], []);
    expect(Math.round(ttl / 60_000)).toBe(120);
    clock.shift(7_200_001);
    await expect(sessions.acquire(service, within(20_000, clock))).rejects.toMatchObject({
      code: 'SESSION_NEEDS_PERSON',
    });
  });

  it('is encrypted: neither cookie, header nor value stands in Redis', async () => {
    const service = withoutLogin({ sessionValues: ['token'] });
    const secrets = ['cookie-canary-123', 'header-canary-123', 'value-canary-123'];
    await processOf(stores.redis).importSession(
      service,
      handOver(secrets[0], {
        headers: { Authorization: `Bearer ${secrets[1]}` },
        values: { token: secrets[2] },
      }),
    );
    const stored = await stores.redis.get(sessionKeys(service.definition).main);
    expect(stored).toContain('"ct"');
    for (const secret of secrets) expect(stored).not.toContain(secret);
    const { session } = await processOf(stores.redis).acquire(service, within(20_000));
    expect(session.headers).toEqual({ authorization: `Bearer ${secrets[1]}` });
    expect(session.values).toEqual({ token: secrets[2] });
    expect(session.secrets).toContain(secrets[1]);
  });

  it('that cannot be read needs a person, and is no 500', async () => {
    const service = withoutLogin();
    await processOf(stores.redis).importSession(service, handOver());
    await stores.redis.set(sessionKeys(service.definition).main, 'not ours');
    await expect(processOf(stores.redis).acquire(service, within(20_000))).rejects.toMatchObject({
      code: 'SESSION_NEEDS_PERSON',
    });
  });

  it('alive, no login is made; dead, the ordinary login follows', async () => {
    const service = withLogin();
    const sessions = processOf(stores.redis);
    await sessions.importSession(service, handOver());
    const { session } = await sessions.acquire(service, within(20_000));
    expect([cookieOf(session), platform.logins]).toEqual(['sid=sid-from-a-browser', 0]);
    platform.expire();
    const renewed = await sessions.renew(service, session, within(20_000));
    expect([renewed.session.generation, platform.logins]).toEqual(['2.0', 1]);
  });

  it('keeps a lockout: nobody has tried the credentials', async () => {
    platform.failing = 'AUTHENTICATION_FAILED';
    const service = withLogin();
    const sessions = processOf(stores.redis);
    for (let n = 0; n < 3; n += 1) await sessions.acquire(service, within(20_000)).catch(() => undefined);
    expect((await sessions.show(service)).state).toBe('locked-out');
    await sessions.importSession(service, handOver());
    expect(cookieOf((await sessions.acquire(service, within(20_000))).session)).toContain('browser');
    expect((await sessions.show(service)).lockout.lockedUntil).not.toBeNull();
    expect(platform.logins).toBe(3);
  });
});

describe('a service without a login', () => {
  const scene = () => {
    const alerts = recordedAlerts();
    const background: string[] = [];
    const make = () =>
      processOf(stores.redis, {
        alerts,
        startInBackground: (code) => Promise.resolve(void background.push(code)),
      });
    return { alerts, background, make };
  };
  const codeOf = (error: unknown) => (error as GatewayError).code;

  it('whose session dies under 20 callers of 4 processes: each is told, one alert, nothing is tried', async () => {
    const service = withoutLogin();
    const { alerts, background, make } = scene();
    const processes = Array.from({ length: 4 }, make);
    await processes[0]!.importSession(service, handOver());
    const held = await Promise.all(processes.map((one) => one.acquire(service, within(20_000))));
    platform.expire();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        processes[at % 4]!.renew(service, held[at % 4]!.session, within(20_000)).catch(codeOf),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['SESSION_NEEDS_PERSON']));
    expect(alerts.raised.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      `SESSION_NEEDS_PERSON ${service.definition.code}`,
    ]);
    expect([platform.logins, platform.captchas, background]).toEqual([0, 0, []]);
    expect((await processes[0]!.show(service)).state).toBe('needs-person');

    await processes[1]!.importSession(service, handOver('sid-of-tomorrow'));
    expect(alerts.resolved).toContain('SESSION_NEEDS_PERSON');
    for (const one of processes) {
      const { session } = await one.acquire(service, { ...within(20_000), storedGeneration: '2.0' });
      expect(cookieOf(session)).toBe('sid=sid-of-tomorrow');
    }
  });

  it('has no operator log in, nor walk a recipe that is not there, and raises nothing for that', async () => {
    const service = withoutLogin();
    const { alerts, make } = scene();
    const sessions = make();
    await sessions.importSession(service, handOver());
    const needed = { code: 'SESSION_NEEDS_PERSON' };
    await expect(sessions.loginNow(service, within(20_000))).rejects.toMatchObject(needed);
    await expect(
      sessions.dryRun(service, { ...within(20_000), onStep: () => undefined }),
    ).rejects.toMatchObject(needed);
    expect(alerts.raised).toEqual([]);
    expect((await sessions.show(service)).state).toBe('live');
  });

  it('an alert that an import overtook is taken back', async () => {
    const service = withoutLogin();
    const alerts = recordedAlerts();
    const sessions = processOf(stores.redis, {
      alerts: {
        ...alerts,
        raise: async (alert) => {
          await processOf(stores.redis).importSession(service, handOver());
          await alerts.raise(alert);
        },
      },
    });
    const { session } = await sessions.acquire(service, within(20_000));
    expect(cookieOf(session)).toBe('sid=sid-from-a-browser');
    expect(alerts.resolved).toEqual(['SESSION_NEEDS_PERSON']);
  });

  it('Redis away: what is in memory serves, and nothing is logged in to', async () => {
    const service = withoutLogin();
    const away = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'away'));
    const redis = { ...stores.redis };
    const sessions = processOf(redis);
    await sessions.importSession(service, handOver());
    Object.assign(redis, { run: away, get: away, set: away, mget: away });
    const { session } = await sessions.acquire(service, within(20_000));
    expect(cookieOf(session)).toBe('sid=sid-from-a-browser');
    await expect(sessions.renew(service, session, within(20_000))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(platform.logins).toBe(0);
  });

  describe('keepalive', () => {
    async function kept(failure?: GatewayError) {
      const clock = shiftedClock();
      const alerts = recordedAlerts();
      const service = withoutLogin({
        keepalive: { intervalSeconds: 300, operation: 'keepalive' },
      });
      const sessions = processOf(stores.redis, { clock, alerts });
      await sessions.importSession(service, handOver());
      const calls: PlatformService[] = [];
      const run = async () => {
        const { deadline } = within(30_000, clock);
        const done = await keepAlive(
          { services: [service], deadline },
          {
            sessions,
            credentials: fixedCredentials(),
            alerts,
            clock,
            random: systemRandom,
            log: { error: () => undefined },
            callOperation: async (called) => {
              calls.push(called);
              await sessions.acquire(called, { deadline });
              if (failure) throw failure;
            },
          },
        );
        return done[service.definition.code];
      };
      return { clock, alerts, service, sessions, run };
    }

    it('goes on to the very end, and gives up nothing ahead of it', async () => {
      const { clock, run, alerts, sessions, service } = await kept();
      for (let minute = 0; minute < 55; minute += 5) {
        expect(await run()).toBe('kept');
        clock.shift(300_000);
      }
      expect((await sessions.show(service)).generation).toBe('1.0');
      clock.shift(300_000);
      expect([await run(), alerts.raised.map(({ kind }) => kind)]).toEqual([
        'needs-person',
        ['SESSION_NEEDS_PERSON'],
      ]);
    });

    it('that fails with an outage leaves the session alone', async () => {
      const { run, sessions, service } = await kept(new GatewayError('PLATFORM_UNAVAILABLE', 'down'));
      expect(await run()).toBe('failed');
      expect((await sessions.show(service)).state).toBe('live');
    });
  });
});

it('no credentials are looked for that no login sends, however often the platform renews a cookie', async () => {
  const asked: string[] = [];
  const credentials = {
    ...fixedCredentials(),
    current: (code: string) => {
      asked.push(code);
      return Promise.reject(new GatewayError('CONFIGURATION_ERROR', 'none'));
    },
  };
  const service = withoutLogin({ sessionHeaders: {} });
  const sessions = processOf(stores.redis, { credentials });
  await sessions.acquire(service, within(20_000)).catch(() => undefined);
  await sessions.importSession(service, handOver());
  asked.length = 0;
  const { session } = await sessions.acquire(service, within(20_000));
  await sessions.observe(service, session, `${platform.url}/x`, ['sid=renewed; Path=/']);
  const next = await sessions.acquire(service, within(20_000));
  expect([cookieOf(next.session), asked]).toEqual(['sid=renewed', []]);
});
