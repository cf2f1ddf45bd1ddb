/** A login that asks, and nobody answers: what is recorded, and when the next person is asked. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../../lib/runtime/clock.ts';
import type { Clock } from '../../../../lib/runtime/clock.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { openStage, workOrder } from './stage.ts';
import type { Stage } from './stage.ts';
import {
  processOf,
  recordedAlerts,
  serviceAt,
  shiftedClock,
  startPlatform,
  uniqueCode,
  within,
} from '../session/scene.ts';

let stage: Stage;
beforeAll(async () => void (stage = await openStage()));
afterAll(() => stage.close());

/** Its sleeps pass at once. */
function quickClock(): Clock {
  let offset = 0;
  return {
    now: () => systemClock.now() + offset,
    sleep: async (ms) => {
      if (ms <= 500) offset += ms;
    },
  };
}

it('a person who does not come in 120 s: the code is in no form, and the alert is taken down', async () => {
  const party = await stage.start(() => ({ status: 302, headers: { location: '/in' } }));
  const definition = workOrder(party.url, [], {
    captcha: undefined,
    ask: [{ name: 'sms', prompt: 'SMS', before: { method: 'POST', path: '/sms' } }],
    submit: { path: '/login', fields: { code: '{{ask.sms}}' } },
    success: { status: 302 },
  });
  const service = stage.register(definition, { user: 'ops' });
  const clock = quickClock();
  const started = clock.now();
  const { error, steps } = await stage.run(service, { clock, seconds: 600 });
  expect(error).toMatchObject({ code: 'SESSION_NEEDS_PERSON', retryable: false });
  expect(error!.message).toContain('"SMS"');
  expect(clock.now() - started).toBeGreaterThanOrEqual(120_000);
  expect([party.of('/sms').length, party.of('/login').length]).toEqual([1, 0]);
  expect(steps.map(({ step }) => step)).toEqual(['ask', 'ask']);
  expect(steps[1]).toMatchObject({ saw: { asked: 'sms', prompt: 'SMS' } });
  const { raised, resolved } = stage.alerts;
  expect([raised.at(-1), resolved.at(-1)]).toEqual(Array(2).fill(`LOGIN_ASKS ${definition.code}`));
  expect(error?.internal?.['unclear'], 'no form was sent: nothing counts toward the lockout').toBeUndefined();
});

it('with little time, the form is left a part of it', async () => {
  const party = await stage.start(() => ({ status: 302, headers: { location: '/in' } }));
  const definition = workOrder(party.url, [], {
    captcha: undefined,
    ask: [{ name: 'sms', prompt: 'SMS' }],
    submit: { path: '/login', fields: { code: '{{ask.sms}}' } },
    success: { status: 302 },
  });
  const { error } = await stage.run(stage.register(definition, { user: 'ops' }), {
    clock: quickClock(),
    seconds: 20,
  });
  expect(error!.message).toContain('nobody answered in 18 s');
});

it('callers are told, an alert stays up, and the next person is asked later and later', async () => {
  const platform = await startPlatform();
  platform.failing = 'SESSION_NEEDS_PERSON';
  const clock = shiftedClock();
  const alerts = recordedAlerts();
  const service = serviceAt(platform.url, uniqueCode('Q'));
  const sessions = processOf(stage.stores.redis, { clock, alerts });
  const call = () =>
    sessions.acquire(service, within(20_000, clock)).then(
      () => 'in',
      ({ code, retryAfterSeconds }: GatewayError) => `${code} ${retryAfterSeconds ?? ''}`.trim(),
    );
  expect(await call()).toBe('SESSION_NEEDS_PERSON');
  expect(alerts.raised.map(({ kind }) => kind)).toEqual(['SESSION_NEEDS_PERSON']);
  for (const [minutes, logins] of [
    [1, 1],
    [2, 2],
    [4, 3],
    [8, 4],
    [10, 5],
    [10, 6],
  ] as const) {
    expect(await call()).toMatch(
      new RegExp(`^SESSION_NEEDS_PERSON (?:${minutes * 60 - 1}|${minutes * 60})$`),
    );
    expect(platform.logins).toBe(logins);
    clock.shift(minutes * 60_000);
    expect(await call()).toBe('SESSION_NEEDS_PERSON');
  }
  platform.failing = undefined;
  // An operator need not wait.
  expect(await sessions.loginNow(service, within(20_000, clock))).toMatchObject({ state: 'live' });
  expect(alerts.resolved).toContain('SESSION_NEEDS_PERSON');
  await platform.close();
});

it('callers wait for nobody, and without Redis nobody is asked', async () => {
  const platform = await startPlatform();
  const service = serviceAt(platform.url, uniqueCode('Q'));
  service.definition.auth.login!.ask = [{ name: 'sms', prompt: 'SMS' }];
  const started: string[] = [];
  const redis = { ...stage.stores.redis };
  const sessions = processOf(redis, {
    startInBackground: (code) => Promise.resolve(void started.push(code)),
  });
  const calls = Array.from({ length: 10 }, () =>
    sessions.acquire(service, within(20_000)).catch(({ code }: GatewayError) => code),
  );
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['LOGIN_IN_PROGRESS']));
  expect([started.length, platform.logins]).toEqual([1, 0]);
  const away = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'away'));
  Object.assign(redis, { run: away });
  await expect(sessions.acquire(service, within(20_000))).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  expect(platform.logins).toBe(0);
  await platform.close();
});
