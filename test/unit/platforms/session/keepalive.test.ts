import { describe, expect, it } from 'vitest';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import {
  KEEPALIVE_FAILED,
  keepAlive,
  recordedAsKeepalive,
} from '../../../../lib/platforms/session/keepalive.ts';
import type { KeepaliveDeps } from '../../../../lib/platforms/session/keepalive.ts';
import type { AcquiredSession, LiveSession, Sessions } from '../../../../lib/platforms/session/sessions.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import type { ErrorCode } from '../../../../lib/runtime/errors.ts';
import type { AlertInput } from '../../../../lib/watch/alerts/alerts.ts';

const NOW = Date.parse('2026-11-21T04:00:00Z');
const deadline = { at: NOW + 30_000 };
const kept = { keepalive: { operation: 'beat', intervalSeconds: 300 }, login: {} };

const serviceOf = (code: string, auth: object = kept, status = 'ACTIVE') =>
  ({ definition: { code, status, auth } }) as unknown as PlatformService;

interface Story {
  accounts?: () => Promise<{ list: { name: string }[] }>;
  claim?: { due: boolean; failures: number };
  /** The end of the session that is stored, login 7, milliseconds from now; `null`: there is none. */
  endsIn?: number | null;
  call?: (service: PlatformService) => Promise<void>;
  /** The store of one of them. */
  broken?: { prefix: string; error: Error };
}

function scene({
  accounts = () => Promise.resolve({ list: [] }),
  claim = { due: true, failures: 0 },
  endsIn = 3_600_000,
  call = () => Promise.resolve(),
  broken,
}: Story = {}) {
  const claimed: object[] = [];
  const settled: unknown[] = [];
  const called: string[] = [];
  const renewed: unknown[] = [];
  const raised: AlertInput[] = [];
  const resolved: unknown[] = [];
  const logged: unknown[] = [];
  const current = {
    generation: { login: 7, revision: 2 },
    document: { expires_at: new Date(NOW + (endsIn ?? 0)).toISOString() },
  };
  const store = {
    open: () => Promise.resolve(),
    current: () => Promise.resolve(endsIn === null ? undefined : current),
    claimKeepalive: async ({ prefix }: { prefix: string }, asked: object) => {
      if (prefix === broken?.prefix) throw broken.error;
      claimed.push(asked);
      return claim;
    },
    settleKeepalive: async (_: unknown, nextAt: number, failures: number) =>
      void settled.push([nextAt - NOW, failures]),
  };
  const deps = {
    credentials: { accounts },
    sessions: {
      store,
      renewAhead: async (_: unknown, ...how: unknown[]) => void renewed.push(how),
    },
    callOperation: async (service: PlatformService, operation: string) => {
      called.push([service.definition.code, service.account, operation].join(' '));
      await call(service);
    },
    alerts: {
      raise: async (alert: AlertInput) => void raised.push(alert),
      resolve: async (...which: unknown[]) => void resolved.push(which),
    },
    clock: { now: () => NOW },
    log: { error: (...line: unknown[]) => void logged.push(line) },
    random: { uuid: () => 'me' },
  } as unknown as KeepaliveDeps;
  const run = (...services: PlatformService[]) => keepAlive({ services, deadline }, deps);
  const one = async (auth?: object) => (await run(serviceOf('ORDERS', auth)))['ORDERS'];
  return { run, one, claimed, settled, called, renewed, raised, resolved, logged };
}

const failing = (code: ErrorCode) => () => Promise.reject(new GatewayError(code, 'no'));

describe('who is kept alive', () => {
  it('services that say how, while they take calls', async () => {
    const { run, called } = scene();
    const outcomes = await run(
      serviceOf('A'),
      serviceOf('B', kept, 'TESTING'),
      serviceOf('C', kept, 'MAINTENANCE'),
      serviceOf('D', kept, 'INACTIVE'),
      serviceOf('E', { login: {} }),
    );
    expect(outcomes).toEqual({ A: 'kept', B: 'kept' });
    expect(called).toEqual(['A  beat', 'B  beat']);
  });

  it('each account of a service by itself', async () => {
    const accounts = () => Promise.resolve({ list: [{ name: 'north' }, { name: 'south' }] });
    const { run, called } = scene({
      accounts,
      call: async ({ account }) => {
        if (account === 'north') throw new GatewayError('CAPTCHA_FAILED', 'no');
      },
    });
    expect(await run(serviceOf('ORDERS'))).toEqual({ 'ORDERS/north': 'failed', 'ORDERS/south': 'kept' });
    expect(called).toEqual(['ORDERS north beat', 'ORDERS south beat']);
  });

  it('a service whose credentials cannot be read', async () => {
    const { one } = scene({ accounts: failing('CONFIGURATION_ERROR') });
    expect(await one()).toBe('kept');
  });

  it('the others, when one of them goes wrong unexpectedly', async () => {
    const bug = new Error('a bug');
    const { run, logged } = scene({ broken: { prefix: 'gateway:a:', error: bug } });
    expect(await run(serviceOf('A'), serviceOf('B'))).toEqual({ A: 'failed', B: 'kept' });
    expect(logged).toEqual([['A keepalive failed.', { service: 'A', error: bug }]]);
  });
});

it.each([
  [300, 30_000],
  [60, 6_000],
  [3_600, 30_000],
])(
  'every %d s, and up to %d ms early: the minute of the event is not exact',
  async (intervalSeconds, toleranceMs) => {
    const { one, claimed } = scene();
    await one({ ...kept, keepalive: { operation: 'beat', intervalSeconds } });
    expect(claimed).toEqual([{ owner: 'me', now: NOW, intervalMs: intervalSeconds * 1_000, toleranceMs }]);
  },
);

it('does nothing that is not due', async () => {
  const { one, called } = scene({ claim: { due: false, failures: 2 } });
  expect(await one()).toBe('skipped');
  expect(called).toEqual([]);
});

describe('after the call', () => {
  it('nothing is written when nothing had failed before', async () => {
    const { one, settled, resolved } = scene();
    expect(await one()).toBe('kept');
    expect([settled, resolved]).toEqual([[], []]);
  });

  it('a success ends a row of failures, and the ordinary interval goes on', async () => {
    const { one, settled, resolved } = scene({ claim: { due: true, failures: 1 } });
    expect(await one()).toBe('kept');
    expect(settled).toEqual([[300_000, 0]]);
    expect(resolved).toEqual([[KEEPALIVE_FAILED, 'ORDERS']]);
  });

  it.each([
    ['is renewed when it would not live until the next one', 360_000, kept, 'renewed'],
    ['lives when the next one comes in time', 360_001, kept, 'kept'],
    ['is left to its end when no login is described', 1_000, { ...kept, login: undefined }, 'kept'],
    ['cannot end when there is none', null, kept, 'kept'],
  ])('the session %s', async (_, endsIn, auth, outcome) => {
    const { one, renewed } = scene({ endsIn });
    expect(await one(auth)).toBe(outcome);
    expect(renewed).toEqual(outcome === 'renewed' ? [[7, { deadline, refused: false }]] : []);
  });
});

describe('when the call fails', () => {
  it.each([
    ['PLATFORM_UNAVAILABLE', 3_600_000, 7],
    ['PLATFORM_API_ERROR', null, 0],
  ] as const)('with %s, the session counts as refused', async (code, endsIn, login) => {
    const { one, renewed, settled } = scene({ call: failing(code), endsIn });
    expect(await one()).toBe('renewed');
    expect(renewed).toEqual([[login, { deadline, refused: true }]]);
    expect(settled).toEqual([]);
  });

  it.each(['QUOTA_EXCEEDED', 'CIRCUIT_OPEN', 'DEADLINE_EXCEEDED', 'LOGIN_IN_PROGRESS'] as const)(
    'with %s, that says nothing',
    async (code) => {
      const { one, renewed, settled, logged } = scene({ call: failing(code) });
      expect(await one()).toBe('skipped');
      expect([renewed, settled, logged]).toEqual([[], [], []]);
    },
  );

  it.each([
    'SESSION_EXPIRED',
    'AUTHENTICATION_FAILED',
    'CAPTCHA_FAILED',
    'CONFIGURATION_ERROR',
    'STORE_UNAVAILABLE',
    'SERVICE_UNAVAILABLE',
    'INTERNAL',
  ] as const)('with %s, no login is made for it', async (code) => {
    const { one, renewed, settled } = scene({ call: failing(code) });
    expect(await one()).toBe('failed');
    expect(renewed).toEqual([]);
    expect(settled).toEqual([[60_000, 1]]);
  });

  it('for want of a person, somebody has been told already', async () => {
    const { one, settled, raised } = scene({
      call: failing('SESSION_NEEDS_PERSON'),
      endsIn: null,
      claim: { due: true, failures: 5 },
    });
    expect(await one({ ...kept, login: undefined })).toBe('needs-person');
    expect([settled, raised]).toEqual([[], []]);
  });

  it('in a service without a login, it has failed', async () => {
    const { one, renewed } = scene({ call: failing('PLATFORM_UNAVAILABLE') });
    expect(await one({ ...kept, login: undefined })).toBe('failed');
    expect(renewed).toEqual([]);
  });

  it.each([
    [0, 60_000],
    [1, 120_000],
    [2, 240_000],
    [3, 300_000],
    [9, 300_000],
  ])('for what had failed %d times, the next one is in %d ms', async (failures, pause) => {
    const { one, settled, raised } = scene({
      call: failing('CAPTCHA_FAILED'),
      claim: { due: true, failures },
    });
    expect(await one()).toBe('failed');
    expect(settled).toEqual([[pause, failures + 1]]);
    expect(raised.length).toBe(failures < 2 ? 0 : 1);
  });

  it.each([
    ['CAPTCHA_FAILED', failing('CAPTCHA_FAILED'), kept],
    ['INTERNAL', () => Promise.reject(new Error('a bug')), { ...kept, login: undefined }],
  ])('for the third time, people are told what is wrong: %s', async (code, call, auth) => {
    const { one, raised, logged } = scene({ call, claim: { due: true, failures: 2 } });
    await one(auth);
    expect(raised).toEqual([
      {
        kind: 'KEEPALIVE_FAILED',
        subject: 'ORDERS',
        severity: 'warning',
        summary: 'Keepalive of ORDERS failed 3 times in a row.',
        details: { failures: 3, code },
      },
    ]);
    expect(logged).toMatchObject([['A keepalive failed.', { service: 'ORDERS' }]]);
  });
});

it('logins made for it are recorded as such; all else is as for a call', async () => {
  const asked: unknown[] = [];
  const session = { generation: '1.0' } as LiveSession;
  const acquired: AcquiredSession = { session, origin: 'login' };
  const sessions = {
    acquire: async (...args: unknown[]) => (asked.push(args), acquired),
    renew: async (...args: unknown[]) => (asked.push(args), acquired),
    renewedInVain: async (...args: unknown[]) => void asked.push(args),
  } as unknown as Sessions;
  const service = serviceOf('ORDERS');
  const recorded = recordedAsKeepalive(sessions);
  expect(await recorded.acquire(service, { deadline, storedGeneration: '1.0' })).toBe(acquired);
  expect(await recorded.renew(service, session, { deadline, operation: 'beat' })).toBe(acquired);
  await recorded.renewedInVain(service, 'beat');
  expect(asked).toEqual([
    [service, { deadline, storedGeneration: '1.0', trigger: 'keepalive' }],
    [service, session, { deadline, operation: 'beat', trigger: 'keepalive' }],
    [service, 'beat'],
  ]);
});
