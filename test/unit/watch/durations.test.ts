import { describe, expect, it } from 'vitest';
import { count, fromText, percentile, toText } from '../../../lib/watch/metrics/durations.ts';
import type { Durations } from '../../../lib/watch/metrics/durations.ts';

/** Half a bucket: 1/128 of its values. */
const MOST_OFF = 1 / 128;
const SHARES = [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1];

/** Deterministic: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DISTRIBUTIONS: Record<string, (random: () => number) => number> = {
  uniform: (random) => Math.floor(random() * 300_000),
  exponential: (random) => Math.floor(-Math.log(1 - random()) * 800),
  'log-normal': (random) =>
    Math.floor(Math.exp(6 + Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))),
  'two humps: cached, and timed out': (random) =>
    random() < 0.9 ? Math.floor(random() * 40) : 29_900 + Math.floor(random() * 200),
};

/** By nearest rank, of all values. */
const exact = (values: number[], of: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(of * values.length)) - 1]!;

const counted = (values: number[]): Durations => {
  const durations: Durations = new Map();
  for (const value of values) count(durations, value);
  return durations;
};
const kept = (durations: Durations): Durations => fromText(toText(durations));

describe('durations of a minute', () => {
  it.each(Object.entries(DISTRIBUTIONS))('%s: a percentile is at most 1/128 off', (_name, draw) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seeded(seed);
      const values = Array.from({ length: 5_000 }, () => draw(random));
      const durations = kept(counted(values));
      for (const of of SHARES) {
        const right = exact(values, of);
        expect(Math.abs(percentile(durations, of)! - right), `seed ${seed}, ${of}`).toBeLessThanOrEqual(
          right * MOST_OFF,
        );
      }
    }
  });

  it.each(Object.entries(DISTRIBUTIONS))('%s: of 256 calls every percentile is exact', (_name, draw) => {
    const random = seeded(7);
    const values = Array.from({ length: 256 }, () => draw(random));
    const durations = kept(counted(values));
    for (let rank = 1; rank <= 256; rank += 1)
      expect(percentile(durations, rank / 256)).toBe(exact(values, rank / 256));
  });

  it('counted on after they were kept, they are what they would be at once', () => {
    const random = seeded(3);
    const values = Array.from({ length: 3_000 }, () => DISTRIBUTIONS['log-normal']!(random));
    const parts = kept(counted(values.slice(0, 1_000)));
    for (const [value, times] of kept(counted(values.slice(1_000)))) count(parts, value, times);
    expect(toText(parts)).toBe(toText(counted(values)));
  });

  it('kept again and again they stay as they are, in a few kilobytes', () => {
    const all = toText(counted(Array.from({ length: 300_000 }, (_, value) => value)));
    expect(toText(fromText(all))).toBe(all);
    expect(all.length).toBeLessThan(10_000);
  });

  it.each([
    [[], 0.95, null],
    [[7], 0.5, 7],
    [[1, 2, 3, 4], 0.5, 2],
    [[1, 2, 3, 4], 0.51, 3],
    [Array.from({ length: 100 }, (_, index) => index + 1), 0.95, 95],
    [[5, 5, 5, 900], 0.75, 5],
  ])('%j: the percentile %d is %d', (values, of, expected) => {
    expect(percentile(counted(values), of)).toBe(expected);
  });
});
