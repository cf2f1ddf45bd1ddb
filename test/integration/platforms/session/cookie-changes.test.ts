/** What answers change in a session: in this process, in Redis, and when either moves on meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJar, storeJar, withSetCookies } from '../../../../lib/platforms/cookies/jar.ts';
import { createCookieChanges } from '../../../../lib/platforms/session/cookie-changes.ts';
import { importedDocument } from '../../../../lib/platforms/session/document.ts';
import { createMemory } from '../../../../lib/platforms/session/process-memory.ts';
import { createStore } from '../../../../lib/platforms/session/store.ts';
import type { Store } from '../../../../lib/platforms/session/store.ts';
import { createVault } from '../../../../lib/vendors/secrets/vault.ts';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import { countingRedis, fixedCredentials, serviceAt, vaultKey } from './scene.ts';

let stores: TestStores;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());

const BASE = 'http://platform.example';
const EXPIRES = 'Wed, 01 Jan 2098 00:00:00 GMT';
const away = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'away'));

function scene() {
  const service = serviceAt(BASE);
  const clock = { at: Date.now(), now: () => clock.at, sleep: () => Promise.resolve() };

  /** One process, whose Redis may be made to fail. */
  function start() {
    const redis = countingRedis(stores.redis);
    const real = createStore(
      redis,
      createVault(() => Promise.resolve([vaultKey]), systemRandom, clock),
    );
    const store: Store = { ...real };
    const memory = createMemory({ credentials: fixedCredentials(), clock });
    const slot = memory.at(service);
    const changes = createCookieChanges({ store, memory, clock });
    const session = (login: number) => {
      const jar = withSetCookies(
        storeJar(createJar(), clock.at),
        BASE,
        ['sid=1; Path=/', `long=1; Path=/; Expires=${EXPIRES}`],
        clock.at,
      );
      const read = { jar, headers: {}, values: { tenant: 'north' }, endsAt: clock.at + 3_600_000 };
      const document = importedDocument(read, { login, now: clock.at });
      return memory.prepare(service, document, { login, revision: 0 });
    };
    return {
      redis,
      real,
      store,
      memory,
      slot,
      changes,
      session,
      /** Logs in, for the fleet. */
      async login(login: number) {
        const current = await session(login);
        await real.takeOver(slot.keys, { login, document: current.document, now: clock.at });
        return memory.keep(slot, current).live;
      },
      /** Takes what is stored. */
      async take() {
        const { document, generation } = (await real.current(slot.keys))!;
        return memory.keep(slot, await memory.prepare(service, document, generation)).live;
      },
      cookies: (path = '/x') => slot.current!.live.cookieHeader(BASE + path),
    };
  }
  const here = start();
  const observe = (path: string, ...lines: string[]) =>
    here.changes.observe(service, here.slot.current!.live, BASE + path, lines);
  return { clock, service, start, here, observe };
}

describe('a line that repeats', () => {
  it('and changes nothing leaves the session as it is, its cookies computed once', async () => {
    const { here, observe } = scene();
    const session = await here.login(1);
    here.redis.calls = 0;
    await observe('/x');
    await observe('/x', 'sid=1; Path=/', `long=1; Path=/; Expires=${EXPIRES}`);
    expect(here.slot.current!.live).toBe(session);
    expect(here.redis.calls).toBe(0);
  });

  it.each(['Path=/; Max-Age=100', 'path=/;max-age=100', 'Path=/; Max-Age = 100'])(
    'prolongs a cookie after a quarter of its life: %s',
    async (attributes) => {
      const { clock, here, observe } = scene();
      await here.login(1);
      const began = clock.at;
      const lines = [`one=1; ${attributes}`, `two=2; ${attributes}`];
      await observe('/x', ...lines);
      clock.at = began + 24_999;
      await observe('/x', ...lines);
      clock.at = began + 100_000;
      expect(here.cookies()).toBe('sid=1; long=1');
      clock.at = began + 25_000;
      await observe('/x', ...lines);
      clock.at = began + 124_999;
      expect(here.cookies()).toBe('sid=1; long=1; one=1; two=2');
      clock.at = began + 125_000;
      expect(here.cookies()).toBe('sid=1; long=1');
    },
  );

  it('prolongs one of a long life after half a minute', async () => {
    const { clock, here, observe } = scene();
    await here.login(1);
    const began = clock.at;
    for (const after of [0, 29_999, 30_000]) {
      clock.at = began + after;
      await observe('/x', 'a=1; Path=/; Max-Age=1000');
    }
    const { expires } = here.slot.current!.document.jar.cookies.find(({ key }) => key === 'a')!;
    expect(Date.parse(expires!)).toBe(began + 1_030_000);
  });

  it('of another page of the same directory counts as the same: the last one to come holds', async () => {
    const { here, observe } = scene();
    await here.login(1);
    await observe('/d/x?back=/1/', 'a=1; Path=/');
    await observe('/d/y?back=/2/', 'a=2; Path=/');
    await observe('/d/x?back=/1/', 'a=1; Path=/');
    expect(here.cookies()).toContain('a=1');
    await observe('/d/y#/2/', 'a=2; Path=/');
    await observe('/d/z', 'a=3; Path=/');
    await observe('/d/y#/2/', 'a=2; Path=/');
    expect(here.cookies()).toContain('a=2');
  });

  it('of another directory is another cookie', async () => {
    const { here, observe } = scene();
    await here.login(1);
    await observe('/a/x', 's=1');
    await observe('/b/x', 's=1');
    expect([here.cookies('/a/x'), here.cookies('/b/x')]).toEqual([
      's=1; sid=1; long=1',
      's=1; sid=1; long=1',
    ]);
  });

  it('counts anew for a session that replaced the one of its call', async () => {
    const { service, here, observe } = scene();
    const old = await here.login(1);
    await here.login(2);
    await here.changes.observe(service, old, `${BASE}/x`, ['a=1; Path=/']);
    expect(here.cookies()).toBe('sid=1; long=1');
    await observe('/x', 'a=1; Path=/');
    expect(here.cookies()).toBe('sid=1; long=1; a=1');
    here.slot.current = undefined;
    await here.changes.observe(service, old, `${BASE}/x`, ['b=1; Path=/']);
    expect(here.slot.current).toBeUndefined();
  });

  it('and only prolongs a cookie is no look at what is stored (K2)', async () => {
    const { clock, here, observe } = scene();
    await here.login(1);
    const { confirmedAt } = here.slot.current!;
    await observe('/x', `long=1; Path=/; Expires=${EXPIRES.replace('2098', '2099')}`);
    clock.at += 20_000;
    await observe('/x', `long=1; Path=/; Expires=${EXPIRES}`);
    expect(here.slot.current!.confirmedAt).toBe(confirmedAt);
  });
});

describe('values that an answer brings', () => {
  it('are of the session beside those it has, for the whole fleet', async () => {
    const { service, here, start } = scene();
    const session = await here.login(1);
    const learned = await here.changes.learn(service, session, { csrf: 'c-2' });
    expect(learned).toMatchObject({ generation: '1.1', values: { tenant: 'north', csrf: 'c-2' } });
    expect(here.slot.current).toMatchObject({ live: learned, unsaved: false });
    expect(here.slot.current!.live).toBe(learned);
    const theirs = await start().take();
    expect(theirs).toMatchObject({ generation: '1.1', values: { tenant: 'north', csrf: 'c-2' } });
    expect(theirs.cookieHeader(`${BASE}/x`)).toBe('sid=1; long=1');
    here.redis.calls = 0;
    expect((await here.changes.learn(service, learned, { csrf: 'c-2' })).values).toEqual(learned.values);
    expect(here.redis.calls).toBe(0);
  });

  it('are for the call alone when its session was replaced or refused', async () => {
    const { service, here } = scene();
    const session = await here.login(1);
    const current = await here.login(2);
    const learned = { generation: '1.0', values: { tenant: 'north', csrf: 'c-2' } };
    expect(await here.changes.learn(service, session, { csrf: 'c-2' })).toMatchObject(learned);
    expect(here.slot.current!.live).toBe(current);
    here.slot.current = undefined;
    expect(await here.changes.learn(service, session, { csrf: 'c-2' })).toMatchObject(learned);
  });
});

describe('a change while others change too', () => {
  it('goes on top of what another process stored', async () => {
    const { service, here, start, observe } = scene();
    await here.login(1);
    const other = start();
    const theirs = await other.take();
    await other.changes.observe(service, theirs, `${BASE}/x`, ['theirs=1; Path=/']);
    await observe('/x', 'mine=1; Path=/');
    expect(here.slot.current!.live.generation).toBe('1.2');
    expect(here.cookies()).toBe('sid=1; long=1; theirs=1; mine=1');
  });

  it('is given up after four tries, and calls go on', async () => {
    const { here, observe } = scene();
    await here.login(1);
    let tries = 0;
    here.store.update = () => Promise.resolve((tries += 1) > 10);
    await observe('/x', 'a=1; Path=/');
    expect([tries, here.cookies()]).toEqual([4, 'sid=1; long=1']);
  });

  it('is given up when another process has logged in, whose session is taken as any other', async () => {
    const { here, start, observe } = scene();
    const session = await here.login(1);
    await start().login(2);
    let tries = 0;
    here.store.update = (...given) => ((tries += 1), here.real.update(...given));
    await observe('/x', 'a=1; Path=/');
    expect([tries, here.slot.current!.live === session]).toEqual([1, true]);
    expect((await here.real.current(here.slot.keys))!.document.cookies).not.toHaveProperty('a');
  });

  it('is given up when nothing is stored any more', async () => {
    const { here, observe } = scene();
    const session = await here.login(1);
    await here.real.invalidate(here.slot.keys);
    await observe('/x', 'a=1; Path=/');
    expect(here.slot.current!.live).toBe(session);
  });

  it('does not reach a session that replaced the one it is for', async () => {
    const { here, observe } = scene();
    await here.login(1);
    const next = await here.session(2);
    here.store.update = async (...given) => {
      const done = await here.real.update(...given);
      if (here.slot.highestLogin === 1) {
        await here.real.takeOver(here.slot.keys, { login: 2, document: next.document, now: Date.now() });
        here.memory.keep(here.slot, next);
      }
      return done;
    };
    await Promise.all([observe('/x', 'a=1; Path=/'), observe('/x', 'b=2; Path=/')]);
    expect(here.slot.current).toBe(next);
    expect(await here.real.current(here.slot.keys)).toMatchObject({
      generation: { login: 2, revision: 0 },
      document: { cookies: { sid: '1', long: '1' } },
    });
  });
});

describe('without Redis', () => {
  it('a change serves this process, and is stored when Redis is back', async () => {
    const { clock, here, start, observe } = scene();
    await here.login(1);
    here.store.update = away;
    await observe('/x', 'a=1; Path=/');
    expect(here.cookies()).toBe('sid=1; long=1; a=1');
    expect(here.slot.current!.unsaved).toBe(true);

    // What only prolongs a cookie, and what changes another, is not stored before that either.
    clock.at += 30_000;
    await observe('/x', `long=1; Path=/; Expires=${EXPIRES.replace('2098', '2097')}`);
    expect(here.slot.current!.unsaved).toBe(true);
    here.store.update = (...given) => here.real.update(...given);
    await observe('/x', 'b=2; Path=/');
    here.redis.calls = 0;
    clock.at += 120_000;
    await here.changes.touch(here.slot);
    expect([here.slot.current!.unsaved, here.redis.calls]).toEqual([true, 0]);

    const other = start();
    await here.real.invalidate(here.slot.keys);
    const late = here.memory.keep(here.slot, { ...here.slot.current!, login: 3 });
    here.store.store = away;
    expect([await here.changes.save(here.slot, late), late.unsaved]).toEqual([false, true]);
    here.store.store = (...given) => here.real.store(...given);
    expect([await here.changes.save(here.slot, late), late.unsaved]).toEqual([true, false]);
    expect([late.generation, late.live.generation]).toEqual(['3.0', '3.0']);
    expect(here.cookies()).toBe('sid=1; long=1; a=1; b=2');
    await other.take();
    expect(other.cookies()).toBe('sid=1; long=1; a=1; b=2');
  });

  it('what another process has overtaken is not stored late', async () => {
    const { here, start } = scene();
    await here.login(1);
    const mine = { ...here.slot.current!, unsaved: true };
    const other = start();
    await other.login(2);
    expect([await here.changes.save(here.slot, mine), mine.unsaved]).toEqual([false, true]);
    expect((await here.real.current(here.slot.keys))!.generation.login).toBe(2);
  });
});

describe('when a session was last used', () => {
  it('is written once a minute', async () => {
    const { clock, here } = scene();
    await here.login(1);
    const accessed = async () => (await here.real.current(here.slot.keys))!.document.last_accessed;
    const before = await accessed();
    clock.at += 59_999;
    await here.changes.touch(here.slot);
    expect(await accessed()).toBe(before);
    clock.at += 1;
    await here.changes.touch(here.slot);
    expect(await accessed()).toBe(new Date(clock.at).toISOString());
  });

  it('is written of no session that is not there', async () => {
    const { here } = scene();
    await expect(here.changes.touch(here.slot)).resolves.toBeUndefined();
  });
});
