/** Who logs in, who shares it, and what is asked of Redis and told to callers for each of its answers. */
import { describe, expect, it, vi } from 'vitest';
import type { BeginAnswer } from '../../../../lib/platforms/session/begin.ts';
import type { LoginResult } from '../../../../lib/platforms/login/login.ts';
import type { SessionRequest } from '../../../../lib/platforms/session/session-request.ts';
import {
  NOW,
  AWAY,
  stored,
  newer,
  running,
  noTime,
  acquired,
  loggedIn,
  outOfTime,
  refusing,
  scene,
} from './fleet-scene.ts';
import type { Scene } from './fleet-scene.ts';

function later<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

describe('callers of one process', () => {
  it('share one login; whoever waited did not make it', async () => {
    const { obtain, begun, runs } = scene({ answers: [acquired(1)] });
    const outcomes = await Promise.all([obtain(20_000), obtain(20_000), obtain(20_000)]);
    expect(outcomes.map(({ how }) => how)).toEqual(['login', 'taken', 'taken']);
    expect([begun.length, runs.length]).toEqual([1, 1]);
  });

  it('do not share a session that the platform has refused one of them', async () => {
    const first = later<BeginAnswer>();
    const { obtain, begun } = scene({ answers: [first.promise, acquired(2)] });
    const one = obtain(20_000);
    const two = obtain(20_000, { newerThan: 1 });
    first.resolve(newer(1));
    expect(await one).toMatchObject({ how: 'taken', current: { login: 1 } });
    expect(await two).toMatchObject({ how: 'login', current: { login: 2 } });
    expect(begun.length).toBe(2);
  });

  it('share the previous session while no login succeeds', async () => {
    const { obtain, runs } = scene({ answers: [acquired(3)], login: refusing, backup: stored(1) });
    const request = { newerThan: 2, refused: true, trigger: 'expired' } as const;
    const outcomes = await Promise.all([obtain(20_000, request), obtain(20_000, request)]);
    expect(outcomes.map(({ how, current }) => [how, current.login])).toEqual([
      ['backup', 1],
      ['backup', 1],
    ]);
    expect(runs.length).toBe(1);
  });

  it.each<[who: string, request: Partial<SessionRequest>]>([
    ['whom the platform refused that one too', { newerThan: 1 }],
    ['who keeps the session alive for all', { newerThan: 2, trigger: 'background' }],
  ])('but not with one %s', async (_, request) => {
    const { obtain, runs } = scene({
      answers: [acquired(3), acquired(4)],
      login: refusing,
      backup: stored(1),
    });
    const one = obtain(20_000, { newerThan: 2 });
    const two = obtain(20_000, request).catch((error: unknown) => error);
    expect((await one).how).toBe('backup');
    expect(await two).toMatchObject({ code: 'CAPTCHA_FAILED' });
    expect(runs.length).toBe(2);
  });

  it('who has more time tries again when another one ran out of it', async () => {
    const { obtain } = scene({ answers: [noTime(), acquired(1)] });
    const [short, long] = await Promise.allSettled([obtain(1_000), obtain(20_000)]);
    expect(short).toMatchObject({ reason: { code: 'LOGIN_IN_PROGRESS' } });
    expect(long).toMatchObject({ value: { how: 'login' } });
  });

  it('also without Redis', async () => {
    const { obtain } = scene({ answers: [AWAY, AWAY, newer(1)], login: outOfTime });
    const [short, long] = await Promise.allSettled([obtain(1_000), obtain(20_000)]);
    expect(short).toMatchObject({ reason: { code: 'DEADLINE_EXCEEDED' } });
    expect(long).toMatchObject({ value: { how: 'taken' } });
  });

  it.each([
    [3_500, 1],
    [3_501, 2],
  ])('unless %i ms are too few for a login', async (ms, asked) => {
    const { obtain, begun } = scene({ answers: [noTime(), newer(1)] });
    const [first] = await Promise.allSettled([obtain(1_000), obtain(ms)]);
    expect(first).toMatchObject({ reason: { code: 'LOGIN_IN_PROGRESS' } });
    expect(begun.length).toBe(asked);
  });

  it('hear of any other failure at once', async () => {
    const { obtain, begun } = scene({ answers: [acquired(1)], login: refusing });
    const told = await Promise.allSettled([obtain(20_000), obtain(20_000)]);
    const failure = { reason: { code: 'CAPTCHA_FAILED' } };
    expect(told).toMatchObject([failure, failure]);
    expect(begun.length).toBe(1);
  });

  it('do not wait for a person: they take what somebody has opened meanwhile', async () => {
    const answering = later<LoginResult>();
    const { obtain } = scene({
      answers: [acquired(1), newer(2), running()],
      questions: 1,
      login: () => answering.promise,
    });
    const asking = obtain(300_000, { trigger: 'background' });
    expect(await obtain(20_000)).toMatchObject({ how: 'taken', current: { login: 2 } });
    await expect(obtain(20_000)).rejects.toMatchObject({ code: 'LOGIN_IN_PROGRESS' });
    answering.resolve(loggedIn());
    expect((await asking).how).toBe('login');
  });

  it('who do wait for a person, wait for the same', async () => {
    const { obtain, begun } = scene({ answers: [acquired(1)], questions: 1 });
    const background = { trigger: 'background' } as const;
    const outcomes = await Promise.all([obtain(300_000, background), obtain(300_000, background)]);
    expect([outcomes.map(({ how }) => how), begun.length]).toEqual([['login', 'taken'], 1]);
  });

  it('a call that is first to need a person is joined by the others', async () => {
    const { obtain, begun } = scene({ answers: [newer(1)], questions: 1 });
    const asked = [obtain(20_000), obtain(300_000, { trigger: 'background' })];
    expect((await Promise.all(asked)).map(({ how }) => how)).toEqual(['taken', 'taken']);
    expect(begun.length).toBe(1);
  });
});

describe('what is asked of Redis', () => {
  it('the lock outlives the login by two seconds, and the login ends half a second before its caller', async () => {
    const { obtain, begun, runs } = scene({ answers: [acquired(1)] });
    await obtain(20_000);
    expect(begun[0]).toMatchObject({ budgetMs: 19_500, leaseMs: 21_500, neededMs: 3_000, refused: false });
    expect(runs[0]).toMatchObject({ trigger: 'call', deadline: { at: NOW + 19_500 } });
  });

  it('a failure counts for this definition with these credentials', async () => {
    const { obtain, begun } = scene({ answers: [newer(1)] });
    await obtain(20_000);
    expect(begun[0]).toMatchObject({ tag: '1:v1', credentialVersion: 'v1', withoutLogin: false });
    const alone = scene({ answers: [newer(1)], withoutLogin: true });
    await alone.obtain(20_000);
    expect(alone.begun[0]).toMatchObject({ tag: '1:', withoutLogin: true });
  });

  it('a login is recorded as what it was made for', async () => {
    const { obtain, runs } = scene({ answers: [acquired(1)] });
    await obtain(20_000, { recordedAs: 'keepalive' });
    expect(runs[0]!.trigger).toBe('keepalive');
  });

  it('who has no time at all asks for a lock that lasts all the same', async () => {
    const { obtain, begun } = scene({ answers: [newer(1)] });
    await obtain(0);
    expect(begun[0]).toMatchObject({ budgetMs: -500, leaseMs: 2_000 });
  });

  it.each<[what: string, options: Partial<Scene>, budgetMs: number]>([
    ['a login', {}, 60_000],
    ['one whose captcha a solver reads', { solvers: ['CHAOJIYING'] }, 60_000],
    ['one whose captcha a person reads', { solvers: ['MANUAL'] }, 180_000],
    ['one that asks', { questions: 1 }, 180_000],
    ['one that asks twice, and has a captcha', { questions: 2, solvers: ['MANUAL'] }, 420_000],
  ])('in the background %s may take so long', async (_, options, budgetMs) => {
    const { obtain, begun } = scene({ answers: [newer(1)], ...options });
    await obtain(1_000_000, { trigger: 'background' });
    expect(begun[0]).toMatchObject({ budgetMs, neededMs: 0 });
  });

  it.each([
    [120_499, 0],
    [120_500, 120_000],
    [200_500, 180_000],
  ])('with %i ms a caller may wait for a person for %i', async (ms, budgetMs) => {
    const { obtain, begun } = scene({ answers: [newer(1)], solvers: ['MANUAL'] });
    await obtain(ms);
    expect(begun[0]!.budgetMs).toBe(budgetMs);
  });

  it.each<[options: Partial<Scene>, paysCaptcha: boolean]>([
    [{}, false],
    [{ solvers: ['MANUAL'] }, false],
    [{ solvers: ['CHAOJIYING'] }, true],
    [{ solvers: ['CHAOJIYING', 'MANUAL'] }, true],
    [{ questions: 1 }, true],
    [{ withoutLogin: true }, false],
  ])('with %j a login costs something: %s', async (options, paysCaptcha) => {
    const { obtain, begun } = scene({ answers: [newer(1)], ...options });
    await obtain(20_000);
    expect(begun[0]!.paysCaptcha).toBe(paysCaptcha);
  });

  it('the platform’s refusal is told of the login that it refused', async () => {
    const refused = { refused: true, newerThan: 3 };
    const unreadable = scene({ answers: [{ kind: 'unreadable', login: 5 }, newer(6)] });
    await unreadable.obtain(20_000, refused);
    expect(unreadable.begun.map((each) => [each.newerThan, each.refused])).toEqual([
      [3, true],
      [5, false],
    ]);
    expect(unreadable.slot.rejectedLogins).toEqual([3]);
    const none = scene({ answers: [newer(1)] });
    await none.obtain(20_000, { refused: true });
    expect(none.begun[0]!.refused).toBe(false);
    const merely = scene({ answers: [newer(4)] });
    await merely.obtain(20_000, { newerThan: 3 });
    expect(merely.slot.rejectedLogins).toEqual([]);
  });

  it('credentials that are not there are no reason not to look; of none, none are asked for', async () => {
    const credentials = vi.fn(() => Promise.reject(new Error('none')));
    const { obtain, begun } = scene({ answers: [newer(1)], credentials });
    await obtain(20_000);
    expect(begun[0]!.credentialVersion).toBe('');
    credentials.mockClear();
    const alone = scene({ answers: [newer(1)], credentials, withoutLogin: true });
    await alone.obtain(20_000);
    expect([alone.begun[0]!.credentialVersion, credentials.mock.calls]).toEqual(['', []]);
  });
});

describe('a session that is there', () => {
  it('is taken; no alert is touched, and the pauses of an outage are over', async () => {
    const { obtain, seen, slot } = scene({ answers: [newer(1)] });
    slot.withoutRedis = { notBefore: NOW + 60_000, attempts: 4 };
    expect(await obtain(20_000)).toMatchObject({ how: 'taken', current: { login: 1 } });
    expect(seen.resolved).toEqual([]);
    expect(slot.withoutRedis).toEqual({ notBefore: 0, attempts: 0 });
  });

  it('a person is called for once, and the alert taken back when one was quicker', async () => {
    const first = scene({ answers: [{ kind: 'needs-person', first: true }, newer(1)], withoutLogin: true });
    expect((await first.obtain(20_000)).how).toBe('taken');
    expect([first.seen.raised, first.seen.resolved]).toEqual([1, ['SESSION_NEEDS_PERSON']]);
    const second = scene({ answers: [{ kind: 'needs-person', first: false }], withoutLogin: true });
    await expect(second.obtain(20_000)).rejects.toMatchObject({ code: 'SESSION_NEEDS_PERSON' });
    expect(second.seen.raised).toBe(0);
  });
});

it('a login that another session overtook gives way to it', async () => {
  const { obtain, runs } = scene({ answers: [acquired(1), newer(2)], overtaken: true });
  expect(await obtain(20_000)).toMatchObject({ how: 'taken', current: { login: 2 } });
  expect(runs.length).toBe(1);
});

describe('no login is made', () => {
  it('for an operation that the last one did not help, and the session goes on for others', async () => {
    const { obtain, slot } = scene({ answers: [{ kind: 'in-vain', forMs: 41_000 }] });
    await expect(obtain(20_000, { refused: true, newerThan: 3 })).rejects.toMatchObject({
      code: 'SESSION_EXPIRED',
      retryAfterSeconds: 41,
    });
    expect(slot.rejectedLogins).toEqual([]);
  });

  it('while locked out, unless there are new credentials', async () => {
    const locked: BeginAnswer = { kind: 'locked', forMs: 60_000 };
    const same = scene({ answers: [locked] });
    await expect(same.obtain(20_000)).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      retryAfterSeconds: 60,
    });
    expect(same.seen.forgotten).toEqual(['CRM']);
    let versions = 0;
    const credentials = () => Promise.resolve({ versionId: `v${(versions += 1)}`, values: {} });
    const fresh = scene({ answers: [locked, newer(1)], credentials });
    expect((await fresh.obtain(20_000)).how).toBe('taken');
    expect(fresh.begun.map(({ credentialVersion }) => credentialVersion)).toEqual(['v1', 'v2']);
  });

  it('by who waited for one that failed, nor during the pause after it', async () => {
    const failed = scene({ answers: [{ kind: 'failed', code: 'CAPTCHA_FAILED', message: 'No.' }] });
    await expect(failed.obtain(20_000)).rejects.toMatchObject({ code: 'CAPTCHA_FAILED', message: 'No.' });
    const backoff = scene({
      answers: [{ kind: 'backoff', code: 'CAPTCHA_FAILED', message: 'No.', forMs: 2_000 }],
    });
    await expect(backoff.obtain(20_000)).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
      retryAfterSeconds: 2,
    });
  });

  it('when Redis answers what is none of its own errors', async () => {
    const { obtain, runs } = scene({ answers: [new Error('a fault of ours')] });
    await expect(obtain(20_000)).rejects.toThrow('a fault of ours');
    expect(runs).toEqual([]);
  });
});

describe('while no login succeeds', () => {
  const request = { newerThan: 2, trigger: 'expired' } as const;
  const failing = (backup: ReturnType<typeof stored>, more: Partial<Scene> = {}) =>
    scene({ answers: [acquired(3)], login: refusing, backup, ...more });

  it('the previous session serves, while it lasts', async () => {
    expect(await failing(stored(1)).obtain(20_000, request)).toMatchObject({
      how: 'backup',
      current: { login: 1 },
    });
    await expect(failing(stored(1, 0)).obtain(20_000, request)).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
    });
    await expect(failing(stored(1, -1)).obtain(20_000, request)).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
    });
  });

  it('not one that the platform refused as well', async () => {
    const told = { code: 'CAPTCHA_FAILED' };
    await expect(failing(stored(2)).obtain(20_000, request)).rejects.toMatchObject(told);
    const before = failing(stored(1));
    before.slot.rejectedLogins = [1];
    await expect(before.obtain(20_000, request)).rejects.toMatchObject(told);
  });

  it('not for who has to make a new one, nor when credentials were refused so often that logins pause', async () => {
    await expect(
      failing(stored(1)).obtain(20_000, { ...request, trigger: 'keepalive' }),
    ).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
    const locked = failing(stored(1), { lockedUntil: NOW + 60_000 });
    await expect(locked.obtain(20_000, request)).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });
});
