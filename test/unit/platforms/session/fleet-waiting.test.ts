/** How long a caller waits for a login of another process, and what it is told instead. */
import { describe, expect, it } from 'vitest';
import { NOW, AWAY, newer, running, noTime, acquired, outOfTime, scene } from './fleet-scene.ts';
import type { Scene } from './fleet-scene.ts';

describe('while another process logs in, a caller', () => {
  it('sleeps for most of what a login takes, then looks again', async () => {
    const { obtain, slept, begun } = scene({
      answers: [running({ elapsedMs: 100, usualMs: 400, failure: 7 }), running({ failure: 8 }), newer(1)],
    });
    expect((await obtain(20_000)).how).toBe('taken');
    expect([slept[0], begun.map(({ seenFailure }) => seenFailure)]).toEqual([260, [undefined, 7, 7]]);
  });

  it('sleeps no longer than it has', async () => {
    const { obtain, slept } = scene({
      answers: [running({ usualMs: 9_000 }), running({ usualMs: 9_000, elapsedMs: 4_000 })],
    });
    await expect(obtain(1_200)).rejects.toMatchObject({ code: 'LOGIN_IN_PROGRESS', retryAfterSeconds: 5 });
    expect(slept).toEqual([700]);
  });

  it('that has no time is told what one usually takes', async () => {
    const { obtain } = scene({ answers: [running({ usualMs: 9_000 })] });
    await expect(obtain(400)).rejects.toMatchObject({ retryAfterSeconds: 9 });
  });

  it('is told at once what the last ones took, where that is more than it has', async () => {
    const { obtain } = scene({ answers: [running({ elapsedMs: 1_000, leastMs: 41_000 })] });
    await expect(obtain(28_000)).rejects.toMatchObject({ retryAfterSeconds: 40 });
  });

  it.each([
    [12_500, 1],
    [12_499, 0],
  ])('with %i ms for ten seconds, sleeps %i times', async (ms, times) => {
    const { obtain, slept } = scene({ answers: [running({ leastMs: 10_000 }), newer(1)] });
    await obtain(ms).catch(() => undefined);
    expect(slept.length).toBe(times);
  });

  it.each<[options: Partial<Scene>, waits: boolean]>([
    [{ questions: 1 }, false],
    [{ solvers: ['MANUAL'] }, false],
    [{ solvers: ['CHAOJIYING', 'MANUAL'] }, true],
    [{ solvers: ['CHAOJIYING'] }, true],
  ])('with %j waits: %s', async (options, waits) => {
    const { obtain, slept } = scene({ answers: [running(), newer(1)], ...options });
    const told = await obtain(20_000).catch((error: unknown) => error);
    expect([slept.length > 0, told]).toMatchObject([
      waits,
      waits ? { how: 'taken' } : { code: 'LOGIN_IN_PROGRESS', retryAfterSeconds: 10 },
    ]);
  });

  it('in the background waits for a person, however long the last ones took', async () => {
    const { obtain } = scene({ answers: [running({ leastMs: 100_000 }), newer(1)], questions: 1 });
    expect((await obtain(20_000, { trigger: 'background' })).how).toBe('taken');
  });
});

describe('a caller with less time than a login takes', () => {
  it('waits for one in the background, once it is started, to its own end', async () => {
    const { obtain, seen, slept, begun } = scene({
      answers: [noTime({ first: true, failure: 7 }), ...Array.from({ length: 6 }, () => noTime()), newer(1)],
    });
    expect((await obtain(3_600)).how).toBe('taken');
    expect([seen.background, begun.at(-1)!.seenFailure]).toEqual([1, 7]);
    expect(slept.length).toBe(7);
  });

  it.each([
    [3_500, 1],
    [3_499, 0],
  ])('with %i ms sleeps %i times', async (ms, times) => {
    const { obtain, slept } = scene({ answers: [noTime(), newer(1)] });
    await obtain(ms).catch(() => undefined);
    expect(slept.length).toBe(times);
  });

  it('is told when to come back', async () => {
    const usual = scene({ answers: [noTime()] });
    await expect(usual.obtain(2_000)).rejects.toMatchObject({ retryAfterSeconds: 9 });
    const least = scene({ answers: [noTime({ leastMs: 41_000 })] });
    await expect(least.obtain(20_000)).rejects.toMatchObject({ retryAfterSeconds: 41 });
    const person = scene({ answers: [noTime()], solvers: ['MANUAL'] });
    await expect(person.obtain(20_000)).rejects.toMatchObject({ retryAfterSeconds: 9 });
    expect(person.slept).toEqual([]);
  });

  it('tries itself when none could be started, and lets the next one ask again', async () => {
    const { obtain, begun, seen } = scene({
      answers: [noTime({ first: true, leastMs: 41_000 }), acquired(1)],
      startInBackground: () => Promise.reject(new Error('throttled')),
    });
    expect((await obtain(20_000)).how).toBe('login');
    expect([begun[1]!.neededMs, seen.claimsDropped]).toEqual([0, 1]);
  });

  it('whose own login runs out of time leaves it to the background, which leaves it to nobody', async () => {
    const caller = scene({ answers: [acquired(1)], login: outOfTime });
    const told = { code: 'LOGIN_IN_PROGRESS', retryAfterSeconds: 3 };
    await expect(caller.obtain(20_000)).rejects.toMatchObject(told);
    expect(caller.seen.background).toBe(1);
    const background = scene({ answers: [acquired(1)], login: outOfTime });
    await expect(background.obtain(20_000, { trigger: 'background' })).rejects.toMatchObject(told);
    expect(background.seen.background).toBe(0);
  });
});

describe('without Redis', () => {
  it('a caller asks twice, a moment apart, before it logs in for its process', async () => {
    const { obtain, begun, slept } = scene({ answers: [AWAY, AWAY] });
    expect(await obtain(20_000)).toMatchObject({ how: 'login', current: { unsaved: true } });
    expect([begun.length, slept]).toEqual([2, [150]]);
  });

  it('what is in memory serves at once', async () => {
    const { obtain, keep, slept } = scene({ answers: [AWAY] });
    const current = await keep(5);
    expect(await obtain(20_000, { newerThan: 4 })).toEqual({ how: 'taken', current });
    expect(slept).toEqual([]);
  });

  it.each<[what: string, login: number, lifeMs: number | undefined]>([
    ['was refused', 4, undefined],
    ['is older', 3, undefined],
    ['ends now', 5, 0],
    ['has ended', 5, -1],
  ])('but not what %s', async (_, login, lifeMs) => {
    const { obtain, keep, begun } = scene({ answers: [AWAY, newer(6)] });
    await keep(login, lifeMs);
    expect((await obtain(20_000, { newerThan: 4 })).current.login).toBe(6);
    expect(begun.length).toBe(2);
  });

  it('who has seen a login run keeps waiting for it, to its own end', async () => {
    const back = scene({ answers: [running(), AWAY, AWAY, AWAY, newer(1)] });
    expect((await back.obtain(20_000)).how).toBe('taken');
    expect(back.runs).toEqual([]);
    const { obtain, runs, clock } = scene({ answers: [running(), AWAY, AWAY] });
    await expect(obtain(700)).rejects.toMatchObject({ code: 'LOGIN_IN_PROGRESS', retryAfterSeconds: 1 });
    expect([runs, clock.at]).toEqual([[], NOW + 200]);
  });

  it('who comes with no time is told what is away', async () => {
    await expect(scene({ answers: [AWAY, AWAY] }).obtain(400)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});
