/** What a process does on its own while Redis is away. */
import { describe, expect, it } from 'vitest';
import { createLoginWithoutRedis } from '../../../../lib/platforms/session/login-without-redis.ts';
import { newSession } from '../../../../lib/platforms/session/login-attempt.ts';
import { createMemory } from '../../../../lib/platforms/session/process-memory.ts';
import type { FleetDeps, SessionRequest } from '../../../../lib/platforms/session/session-request.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { failWith, scriptedRecipes, serviceWith, standingClock } from './recipes.ts';
import { fixedCredentials } from './scene.ts';

const unavailable = new GatewayError('STORE_UNAVAILABLE', 'Redis is away.');

function scene(login?: object) {
  const clock = standingClock();
  const forgotten: string[] = [];
  const credentials = { ...fixedCredentials(), forget: (code: string) => void forgotten.push(code) };
  const memory = createMemory({ credentials, clock });
  const recipes = scriptedRecipes();
  const service = serviceWith(login, { sessionTimeoutSeconds: 600 });
  const slot = memory.at(service);
  const alone = createLoginWithoutRedis({
    memory,
    login: recipes,
    credentials,
    clock,
  } as unknown as FleetDeps);
  const ask = (more: Partial<SessionRequest> = {}) =>
    alone(
      service,
      slot,
      {
        newerThan: 0,
        refused: false,
        force: false,
        trigger: 'call',
        deadline: { at: clock.at + 20_000 },
        ...more,
      },
      unavailable,
    );
  /** As login `login` of the fleet left it. */
  const hold = async (login: number) => {
    const result = await scriptedRecipes().run({ service, trigger: 'call', deadline: { at: 0 } });
    return memory.keep(slot, await newSession(memory, service, result, login, clock.at));
  };
  return { clock, service, slot, recipes, forgotten, ask, hold };
}

describe('the session in memory', () => {
  it('serves, when it is newer than what was refused', async () => {
    const { ask, hold, recipes } = scene();
    const current = await hold(3);
    expect(await ask({ newerThan: 2 })).toEqual({ current, how: 'taken' });
    expect(recipes.logins).toEqual([]);
  });
  it('does not when the platform has refused it', async () => {
    const { ask, hold } = scene();
    await hold(3);
    expect(await ask({ newerThan: 3 })).toMatchObject({ how: 'login', current: { login: 4 } });
  });
  it('does not past its end', async () => {
    const { ask, hold, clock } = scene();
    await hold(3);
    clock.at += 599_999;
    expect((await ask()).how).toBe('taken');
    clock.at += 1;
    expect((await ask()).how).toBe('login');
  });
});

describe('a login of its own', () => {
  it('is made in the time of its caller, and is to be stored when Redis is back', async () => {
    const { ask, service, recipes, clock, slot } = scene();
    const { current, how } = await ask();
    expect(how).toBe('login');
    expect(current).toMatchObject({ generation: '1.0', unsaved: true });
    expect(slot.current).toBe(current);
    expect(recipes.logins).toEqual([{ service, trigger: 'call', deadline: { at: clock.at + 19_500 } }]);
  });
  it('is recorded as what it was made for', async () => {
    const { ask, recipes } = scene();
    await ask({ trigger: 'expired', recordedAs: 'keepalive' });
    expect(recipes.logins).toMatchObject([{ trigger: 'keepalive' }]);
  });
  it.each([
    [4, 2, 5],
    [2, 4, 5],
  ])('counts on from the highest login it knows: %d, %d', async (highest, newerThan, login) => {
    const { ask, slot } = scene();
    slot.highestLogin = highest;
    expect((await ask({ newerThan })).current.login).toBe(login);
  });
  it('is made once per pause, in vain or not, and pauses grow to five minutes', async () => {
    const { ask, recipes, clock, slot } = scene();
    for (const [at, seconds] of [5, 10, 20, 40, 80, 160, 300, 300].entries()) {
      recipes.during = at === 2 ? failWith('PLATFORM_UNAVAILABLE') : () => Promise.resolve();
      const newer = () => ask({ newerThan: slot.highestLogin });
      await newer().catch(() => undefined);
      expect(recipes.logins).toHaveLength(at + 1);
      await expect(newer()).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: 'Redis is away.',
        retryAfterSeconds: seconds,
      });
      clock.at += seconds * 1_000;
    }
    expect(slot.current).toMatchObject({ login: 7 });
  });
  it('S5: is not made again before a lockout would end, once the credentials were refused', async () => {
    const { ask, recipes, clock, forgotten, service } = scene();
    recipes.during = failWith('AUTHENTICATION_FAILED');
    await expect(ask()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(forgotten).toEqual([service.definition.code]);
    await expect(ask()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterSeconds: 600 });
    clock.at += 600_000;
    await expect(ask()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(recipes.logins).toHaveLength(2);
  });
  it('has its credentials still, when it failed for another reason', async () => {
    const { ask, recipes, forgotten } = scene();
    recipes.during = failWith('CAPTCHA_FAILED');
    await expect(ask()).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
    expect(forgotten).toEqual([]);
  });
});

describe('no login is made', () => {
  it('where a person is asked: that goes through Redis', async () => {
    const { ask, recipes } = scene({ ask: [{ name: 'code', prompt: 'The code?' }] });
    await expect(ask()).rejects.toBe(unavailable);
    expect(recipes.logins).toEqual([]);
  });
  it('where none is described', async () => {
    const { service, slot, recipes, clock } = scene();
    const { login: _, ...auth } = service.definition.auth;
    const without = { ...service, definition: { ...service.definition, auth } };
    const deps = { login: recipes, clock, credentials: fixedCredentials() } as unknown as FleetDeps;
    const deadline = { at: clock.at + 20_000 };
    const request: SessionRequest = { newerThan: 0, refused: false, force: false, trigger: 'call', deadline };
    await expect(createLoginWithoutRedis(deps)(without, slot, request, unavailable)).rejects.toBe(
      unavailable,
    );
  });
  it('for a caller without time, and none is put off by that', async () => {
    const { ask, recipes, clock } = scene();
    await expect(ask({ deadline: { at: clock.at + 500 } })).rejects.toBe(unavailable);
    expect(recipes.logins).toEqual([]);
    expect((await ask({ deadline: { at: clock.at + 501 } })).how).toBe('login');
  });
});
