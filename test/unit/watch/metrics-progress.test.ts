import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../lib/watch/metrics/minute.ts';
import { dueMinutes, freshMinutes, nextDue, progressAfter } from '../../../lib/watch/metrics/progress.ts';
import type { Progress } from '../../../lib/watch/metrics/progress.ts';

const T0 = Date.parse('2026-11-22T04:00:00Z');
const STEPS = 6;

/** One run of the monitor. @returns which minutes it has read for the last time, in its order. */
function run(progress: Progress | undefined, now: number): { read: number[]; after: Progress } {
  let left = dueMinutes(progress, now);
  const read: number[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const next = nextDue(left);
    if (!next) break;
    for (let at = next.step.to; at > next.step.from; at -= MINUTE_MS) read.push(at - MINUTE_MS);
    ({ left } = next);
  }
  return { read, after: progressAfter(progress, left, now) };
}

describe('what the monitor reads', () => {
  it('at each run, the two minutes that have just ended', () => {
    const { from, to } = freshMinutes(T0 + 12_345);
    expect([from, to]).toEqual([T0 - 2 * MINUTE_MS, T0]);
  });

  it('each minute is read for the last time once, when its longest call has ended and is written', () => {
    let progress = run(undefined, T0).after;
    for (let tick = 0; tick < 30; tick += 1) progress = run(progress, T0 + tick * MINUTE_MS).after;
    const read: number[] = [];
    for (let tick = 30; tick < 90; tick += 1) {
      const now = T0 + tick * MINUTE_MS;
      const done = run(progress, now);
      progress = done.after;
      for (const minute of done.read) expect(now - minute).toBeGreaterThanOrEqual(6 * MINUTE_MS + 10_000);
      read.push(...done.read);
    }
    expect(read).toHaveLength(60);
    expect(new Set(read).size).toBe(60);
  });

  it('after an outage, and another one meanwhile, nothing of the last day is left out, the newest first', () => {
    let progress = progressAfter(undefined, [], T0);
    const read = new Set<number>();
    const tick = (minutes: number) => {
      const done = run(progress, T0 + minutes * MINUTE_MS);
      progress = done.after;
      for (const minute of done.read) read.add(minute);
      return done.read;
    };
    const first = tick(180);
    expect(first).toHaveLength(60);
    expect(first).toEqual(first.toSorted((a, b) => b - a));
    tick(260);
    for (let minutes = 261; minutes < 270; minutes += 1) tick(minutes);
    expect(progress.gap).toBeUndefined();
    const from = T0 - 6 * MINUTE_MS;
    const wanted = Array.from({ length: 269 }, (_, index) => from + index * MINUTE_MS);
    expect(wanted.filter((minute) => !read.has(minute))).toEqual([]);
  });

  it('more than a day is not made up for', () => {
    const progress = progressAfter(undefined, [], T0);
    const due = dueMinutes(progress, T0 + 5 * 24 * 60 * MINUTE_MS);
    expect(due).toHaveLength(1);
    expect(due[0]!.to - due[0]!.from).toBe(24 * 60 * MINUTE_MS);
  });
});
