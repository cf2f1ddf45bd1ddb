import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import {
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

beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());
beforeEach(async () => {
  platform = await startPlatform();
  return () => platform.close();
});

function refusingScene() {
  platform.failing = 'AUTHENTICATION_FAILED';
  const clock = shiftedClock();
  const credentials = fixedCredentials();
  const alerts = recordedAlerts();
  const service = serviceAt(platform.url, uniqueCode(), { lockout: { failures: 3, seconds: 600 } });
  const sessions = () => processOf(stores.redis, { clock, credentials, alerts });
  const acquire = () => sessions().acquire(service, within(20_000, clock));
  return { clock, credentials, alerts, service, sessions, acquire };
}

it('S5: credentials refused three times pause logins for the fleet: not one request more', async () => {
  const { clock, alerts, acquire, service, sessions } = refusingScene();
  for (let i = 0; i < 2; i++)
    await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED', retryAfterSeconds: 600 });
  const refused = await Promise.allSettled(Array.from({ length: 20 }, acquire));

  for (const one of refused) {
    expect(one).toMatchObject({
      reason: { code: 'AUTHENTICATION_FAILED', retryAfterSeconds: 600, retryable: false },
    });
  }
  expect([platform.logins, platform.captchas]).toEqual([3, 3]);
  expect(alerts.raised.map(({ kind, subject }) => [kind, subject])).toEqual([
    ['LOGIN_LOCKED', service.definition.code],
  ]);
  expect(await sessions().show(service)).toMatchObject({ state: 'locked-out', lockout: { refusals: 3 } });

  // The pause over, one attempt is free; refused, it pauses again.
  clock.shift(600_000);
  await expect(acquire()).rejects.toMatchObject({ retryAfterSeconds: 600 });
  await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  expect(platform.logins).toBe(4);
});

it('S5: an operator lifts it', async () => {
  const { alerts, acquire, service, sessions } = refusingScene();
  for (let i = 0; i < 4; i++)
    await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  platform.failing = undefined;
  await expect(sessions().loginNow(service, within(20_000))).rejects.toMatchObject({
    code: 'AUTHENTICATION_FAILED',
  });
  await sessions().unlock(service);
  expect((await acquire()).origin).toBe('login');
  expect(alerts.resolved).toContain('LOGIN_LOCKED');
  expect(platform.logins).toBe(4);
});

it('S5: new credentials lift it at once', async () => {
  const { credentials, acquire } = refusingScene();
  for (let i = 0; i < 4; i++)
    await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  platform.failing = undefined;
  credentials.version = 'v2';
  expect((await acquire()).origin).toBe('login');
});

it('S5: a wrong captcha refuses no credentials; a success starts the count anew', async () => {
  const { clock, acquire, service, sessions } = refusingScene();
  const invalidated = async () => void (await sessions().invalidate(service));
  for (let i = 0; i < 2; i++)
    await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  platform.failing = 'CAPTCHA_FAILED';
  for (let i = 0; i < 3; i++) {
    await expect(acquire()).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
    clock.shift(30_000);
  }
  expect((await sessions().show(service)).lockout).toEqual({ refusals: 2, lockedUntil: null });
  platform.failing = undefined;
  await acquire();
  await invalidated();
  platform.failing = 'AUTHENTICATION_FAILED';
  await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  expect((await sessions().show(service)).lockout.refusals).toBe(1);
});

it('S5: while a session lives, a lockout stops no call', async () => {
  const { service, sessions } = refusingScene();
  platform.failing = undefined;
  const holding = sessions();
  await holding.acquire(service, within(20_000));
  platform.failing = 'AUTHENTICATION_FAILED';
  for (let i = 0; i < 3; i++) {
    await sessions()
      .loginNow(service, within(20_000))
      .catch(() => undefined);
  }
  expect((await sessions().show(service)).lockout.refusals).toBe(3);
  expect((await sessions().acquire(service, within(20_000))).origin).toBe('reused');
});

it('a lockout is shown also while the session before it still lives', async () => {
  const { acquire, sessions, service } = refusingScene();
  platform.failing = undefined;
  await acquire();
  platform.failing = 'AUTHENTICATION_FAILED';
  for (let i = 0; i < 3; i++) {
    await expect(sessions().loginNow(service, within(20_000))).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    });
  }
  expect(await sessions().show(service)).toMatchObject({
    state: 'locked-out',
    main: { generation: '1.0' },
    lockout: { refusals: 3 },
  });
});

describe('a dry run', () => {
  const steps: unknown[] = [];
  const dryRunOf =
    ({ sessions, service, clock }: ReturnType<typeof refusingScene>) =>
    () =>
      sessions().dryRun(service, { ...within(20_000, clock), onStep: (step) => void steps.push(step) });

  it('S5: counts toward the lockout and is refused while it lasts', async () => {
    const scene = refusingScene();
    const dryRun = dryRunOf(scene);
    for (let i = 0; i < 5; i++)
      await expect(dryRun()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(platform.logins).toBe(3);
    expect(scene.alerts.raised.map(({ kind }) => kind)).toEqual(['LOGIN_LOCKED']);
    await expect(scene.acquire()).rejects.toMatchObject({ retryAfterSeconds: 600 });
    expect(await scene.sessions().show(scene.service)).toMatchObject({
      state: 'locked-out',
      lockout: { refusals: 3 },
    });
    scene.credentials.version = 'v2';
    await expect(dryRun()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(platform.logins).toBe(4);
  });

  it('S5: adds to what logins counted; those at the same time do not go past the limit', async () => {
    const scene = refusingScene();
    await expect(scene.acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    platform.loginMs = 50;
    const refused = await Promise.allSettled(Array.from({ length: 10 }, dryRunOf(scene)));
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
    expect(platform.logins).toBeLessThanOrEqual(3);
  });

  it('stores no session; one that gets in starts the count anew', async () => {
    const scene = refusingScene();
    const dryRun = dryRunOf(scene);
    for (let i = 0; i < 2; i++)
      await expect(dryRun()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    platform.failing = 'CAPTCHA_FAILED';
    await expect(dryRun()).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
    expect((await scene.sessions().show(scene.service)).lockout.refusals).toBe(2);
    platform.failing = undefined;
    expect(await dryRun()).toMatchObject({ attempts: 1 });
    expect(await scene.sessions().show(scene.service)).toMatchObject({
      state: 'none',
      generation: null,
      lockout: { refusals: 0 },
    });
    expect(scene.alerts.resolved).toContain('LOGIN_LOCKED');
  });

  it('holds up no caller, and no caller holds it up', async () => {
    const scene = refusingScene();
    platform.failing = undefined;
    platform.loginMs = 300;
    const walking = dryRunOf(scene)();
    await expect.poll(() => platform.logins).toBe(1);
    expect((await scene.acquire()).origin).toBe('login');
    await walking;
  });
});

it('S5: a lockout says until when, and how to end it', async () => {
  const { clock, acquire, service } = refusingScene();
  for (let i = 0; i < 2; i++) await acquire().catch(() => undefined);
  const until = new Date(clock.now() + 600_000).toISOString().slice(0, 15);
  const { code } = service.definition;
  for (let i = 0; i < 2; i++) {
    const error = (await acquire().catch((refused: unknown) => refused)) as Error;
    expect(error.message).toContain(until);
    expect(error.message).toContain(`gatehouse session unlock ${code}`);
  }
});
