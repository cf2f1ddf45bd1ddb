import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLoginWait, waitFor } from '../../../../lib/platforms/session/login-wait.ts';
import type { Clock } from '../../../../lib/runtime/clock.ts';

const NOW = Date.parse('2026-11-21T04:00:00Z');

/** Sleeps until it is woken, or until the sleeper loses its interest. */
function sleeper() {
  const slept: number[] = [];
  const signals: AbortSignal[] = [];
  let wake: () => void = () => undefined;
  const clock: Clock = {
    now: () => NOW,
    sleep: (ms, signal) => {
      slept.push(ms);
      signals.push(signal!);
      return new Promise((resolve, reject) => {
        wake = resolve;
        signal!.addEventListener('abort', () => reject(signal!.reason as Error));
      });
    },
  };
  return { clock, slept, signals, wake: () => wake() };
}

describe("waiting for another caller's login", () => {
  const lost: unknown[] = [];
  const onLost = (reason: unknown) => void lost.push(reason);
  beforeEach(() => void process.on('unhandledRejection', onLost));
  afterEach(() => void process.off('unhandledRejection', onLost));
  /** Rejections that nobody heard: Node tells of them once the promises are through, and ends a process for one. */
  const unheard = () => new Promise<unknown[]>((resolve) => setImmediate(() => resolve(lost.splice(0))));
  const never = new Promise<string>(() => undefined);

  it('brings what that comes to, and leaves no timer behind', async () => {
    const { clock, signals } = sleeper();
    expect(await waitFor(Promise.resolve('session'), { at: NOW + 9_000 }, clock)).toBe('session');
    expect(await unheard()).toEqual([]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('brings its failure, too', async () => {
    const { clock, signals } = sleeper();
    const failing = Promise.reject(new Error('no'));
    await expect(waitFor(failing, { at: NOW + 9_000 }, clock)).rejects.toThrow('no');
    expect(await unheard()).toEqual([]);
    expect(signals[0]!.aborted).toBe(true);
  });

  it('ends while the caller still has the time to say so', async () => {
    const { clock, slept, wake } = sleeper();
    const waiting = waitFor(never, { at: NOW + 9_000 }, clock);
    wake();
    await expect(waiting).rejects.toMatchObject({ code: 'LOGIN_IN_PROGRESS', retryAfterSeconds: 1 });
    expect(slept).toEqual([8_500]);
  });

  it('ends at once for whoever has no time', async () => {
    const { clock, slept, wake } = sleeper();
    const waiting = waitFor(never, { at: NOW + 300 }, clock);
    wake();
    await expect(waiting).rejects.toMatchObject({ code: 'LOGIN_IN_PROGRESS' });
    expect(slept).toEqual([0]);
  });
});

describe('waiting for a login', () => {
  it('sleeps 0.9 of the usual time first, then polls, growing slowly and never past 250 ms', () => {
    const wait = createLoginWait();
    expect(wait.next(100, 1_000)).toBe(800);
    expect(wait.next(905, 1_000)).toBe(10);
    expect(wait.next(915, 1_000)).toBe(12);
    for (let i = 0; i < 50; i++) wait.next(2_000, 1_000);
    expect(wait.next(9_000, 1_000)).toBe(250);
  });
  it('looks once a second at least, however long a login usually takes', () => {
    const wait = createLoginWait();
    expect(wait.next(0, 60_000)).toBe(1_000);
    expect(wait.next(53_500, 60_000)).toBe(500);
    // What is left of it is no longer than the first poll.
    expect(wait.next(53_990, 60_000)).toBe(10);
    expect(wait.next(53_980, 60_000)).toBe(20);
    expect(wait.next(54_000, 60_000)).toBe(12);
  });
  it('polls from the start while nobody has measured a login', () => {
    const wait = createLoginWait();
    expect([wait.next(0, 0), wait.next(50, 0), wait.next(110, 0)]).toEqual([50, 60, 72]);
  });
});
