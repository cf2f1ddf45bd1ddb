import { CookieJar } from 'tough-cookie';
import { describe, expect, it } from 'vitest';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import type { LoginInput, LoginResult } from '../../../../lib/platforms/login/login.ts';
import { withoutVerdict } from '../../../../lib/platforms/login/login-error.ts';
import { storeJar } from '../../../../lib/platforms/cookies/jar.ts';
import { createDryRun } from '../../../../lib/platforms/session/dry-run.ts';
import type { DryRunDeps } from '../../../../lib/platforms/session/dry-run.ts';
import { keysUnder } from '../../../../lib/platforms/session/keys.ts';
import type { Store } from '../../../../lib/platforms/session/store.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import type { AlertInput } from '../../../../lib/watch/alerts/alerts.ts';

const NOW = Date.parse('2026-11-21T04:00:00Z');
const refused = new GatewayError('AUTHENTICATION_FAILED', 'ORDERS refused the credentials.');
const loginInfo = { login_time: 'now', attempts: 1, duration_ms: 5 };
const result: LoginResult = {
  jar: new CookieJar(),
  values: { token: 'abc' },
  credentialVersionId: 'v1',
  loginInfo,
};

interface Story {
  login?: object;
  /** What Redis says of the count afterwards. */
  counted?: () => Promise<{ refusals: number; lockedUntil: number }>;
  begins?: Awaited<ReturnType<Store['beginDryRun']>>[];
  /** Credentials as Secrets Manager has them; this process may know the first. */
  versions?: string[];
  walks?: () => Promise<LoginResult>;
  refreshes?: () => Promise<LoginResult>;
}

function scene({
  login = {},
  counted = () => Promise.resolve({ refusals: 0, lockedUntil: 0 }),
  begins = [{ kind: 'go' }],
  versions = ['v1'],
  walks = () => Promise.resolve(result),
  refreshes = () => Promise.resolve(result),
}: Story = {}) {
  const lockout = { failures: 3, seconds: 600 };
  const service = {
    definition: { code: 'ORDERS', auth: { login, lockout } },
  } as unknown as PlatformService;
  const begun: object[] = [];
  const ended: object[] = [];
  const walked: LoginInput[] = [];
  const refreshed: unknown[] = [];
  const raised: AlertInput[] = [];
  const resolved: string[] = [];
  const onStep = () => undefined;
  const deadline = { at: NOW + 20_000 };
  const dryRun = createDryRun({
    store: {
      beginDryRun: async (_: unknown, asked: object) => (begun.push(asked), begins.shift()!),
      endDryRun: async (_: unknown, told: object) => (ended.push(told), counted()),
    },
    memory: { at: () => ({ keys: keysUnder('orders:') }) },
    login: {
      run: (input: LoginInput) => (walked.push(input), walks()),
      refresh: (...args: unknown[]) => (refreshed.push(args), refreshes()),
    },
    credentials: {
      current: async () => ({ versionId: versions[0], values: {} }),
      forget: () => void versions.shift(),
    },
    alerts: {
      raise: async (alert: AlertInput) => void raised.push(alert),
      resolve: async (kind: string) => void resolved.push(kind),
    },
    clock: { now: () => NOW },
    random: { uuid: () => 'me' },
  } as unknown as DryRunDeps);
  const run = () => dryRun(service, { deadline, onStep });
  const input = { service, trigger: 'dry-run', deadline, onStep };
  return { run, input, begun, ended, walked, refreshed, raised, resolved };
}

const end = (verdict: string) => ({
  owner: 'me',
  verdict,
  now: NOW,
  credentialVersion: 'v1',
  lockout: { failures: 3, seconds: 600 },
});

describe('a dry run that gets in', () => {
  it('walks the recipe as any login, tells each step, and starts the count anew', async () => {
    const { run, input, begun, ended, walked, refreshed, resolved } = scene();
    expect(await run()).toBe(loginInfo);
    expect(walked).toEqual([input]);
    // Its lock outlives it, until all is recorded.
    expect(begun).toEqual([{ owner: 'me', leaseMs: 30_000, credentialVersion: 'v1', now: NOW }]);
    expect(ended).toEqual([end('in')]);
    expect(resolved).toEqual(['LOGIN_LOCKED', 'LOGIN_UNCLEAR']);
    expect(refreshed).toEqual([]);
  });

  it('shows whether what it was given renews a session', async () => {
    const { run, input, refreshed } = scene({ login: { refresh: { path: '/token' } } });
    await run();
    const given = { jar: storeJar(result.jar, NOW), values: { token: 'abc' } };
    expect(refreshed).toEqual([[input, given]]);
  });

  it('has got in, though that does not renew it, and though Redis did not hear of it', async () => {
    const away = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'away'));
    const { run } = scene({
      login: { refresh: {} },
      refreshes: () => Promise.reject(refused),
      counted: away,
    });
    expect(await run()).toBe(loginInfo);
  });
});

describe('a dry run that is not made', () => {
  it.each([
    [3_200, 4],
    [30_000, 10],
  ])('another one is under way, for %d ms at most: try again in %d s', async (forMs, retryAfterSeconds) => {
    const { run, walked } = scene({ begins: [{ kind: 'busy', forMs }] });
    await expect(run()).rejects.toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
      message: "A dry run of ORDERS's login is under way.",
      retryAfterSeconds,
    });
    expect(walked).toEqual([]);
  });

  it('S5: logins are paused', async () => {
    const locked = { kind: 'locked', forMs: 90_000 } as const;
    const { run, walked, begun } = scene({ begins: [locked, locked], versions: ['v1', 'v1'] });
    await expect(run()).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining('paused until 2026-11-21T04:01:30.000Z') as string,
      retryAfterSeconds: 90,
    });
    expect([walked.length, begun.length]).toEqual([0, 2]);
  });

  it('S5: unless the credentials were replaced since this process read them', async () => {
    const begins: Story['begins'] = [{ kind: 'locked', forMs: 90_000 }, { kind: 'go' }];
    const { run, begun, ended } = scene({ begins, versions: ['v0', 'v1'] });
    expect(await run()).toBe(loginInfo);
    expect(begun).toMatchObject([{ credentialVersion: 'v0' }, { credentialVersion: 'v1' }]);
    expect(ended).toEqual([end('in')]);
  });
});

describe('a dry run that fails', () => {
  const failing = (why: Error, lockedUntil: number) => ({
    walks: () => Promise.reject(why),
    counted: () => Promise.resolve({ refusals: 3, lockedUntil }),
  });

  it.each([
    ['refused credentials', refused],
    ['a form without a verdict', withoutVerdict(new GatewayError('PLATFORM_UNAVAILABLE', 'cut off'))],
  ])('S5: %s count, and at last pause logins', async (_, error) => {
    const { run, ended, raised } = scene(failing(error, NOW + 600_000));
    await expect(run()).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining('paused until 2026-11-21T04:10:00.000Z') as string,
      retryAfterSeconds: 600,
    });
    expect(ended).toEqual([end('refused')]);
    expect(raised).toMatchObject([{ kind: 'LOGIN_LOCKED', details: { refusals: 3, seconds: 600 } }]);
  });

  it.each([
    ['not yet', 0],
    ['no longer', NOW],
  ])('a refusal by which logins are %s paused is told as it is', async (_, lockedUntil) => {
    const { run, raised } = scene(failing(refused, lockedUntil));
    await expect(run()).rejects.toBe(refused);
    expect(raised).toEqual([]);
  });

  it('of something else says so, though logins pause, and does not count', async () => {
    const down = new GatewayError('PLATFORM_UNAVAILABLE', 'down');
    const { run, ended, raised } = scene(failing(down, NOW + 600_000));
    await expect(run()).rejects.toBe(down);
    expect(ended).toEqual([end('other')]);
    expect(raised).toEqual([]);
  });

  it('is told as it is when Redis cannot count it', async () => {
    const away = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'away'));
    const { run } = scene({ walks: () => Promise.reject(refused), counted: away });
    await expect(run()).rejects.toBe(refused);
  });
});
