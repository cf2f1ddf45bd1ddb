import { describe, expect, it } from 'vitest';
import { createTtlCache } from '../../../lib/runtime/ttl-cache.ts';

/** A clock that stands still until it is moved. */
function handClock() {
  let at = 1_000_000;
  return { now: () => at, sleep: () => Promise.resolve(), forward: (ms: number) => void (at += ms) };
}

const RULES = { freshMs: 30_000, staleMs: 600_000, backoffMs: 5_000 };

describe('values read at most every so often', () => {
  it('are read once by many at a time, and again when old', async () => {
    const clock = handClock();
    const values = createTtlCache<number>(clock, RULES);
    let reads = 0;
    const read = () => Promise.resolve(++reads);
    expect(await Promise.all(Array.from({ length: 50 }, () => values.get('a', read)))).toEqual(
      Array(50).fill(1),
    );
    clock.forward(29_999);
    expect(await values.get('a', read)).toBe(1);
    clock.forward(1);
    expect(await values.get('a', read)).toBe(2);
    expect(await values.get('b', read)).toBe(3);
  });

  it('K2: of a process frozen for long are read anew', async () => {
    const clock = handClock();
    const values = createTtlCache<string>(clock, RULES);
    await values.get('a', () => Promise.resolve('before'));
    clock.forward(600_000);
    expect(await values.get('a', () => Promise.resolve('after'))).toBe('after');
  });

  it('serve stale while reading fails, up to a bound, without asking each time', async () => {
    const clock = handClock();
    const values = createTtlCache<string>(clock, RULES);
    await values.get('a', () => Promise.resolve('good'));
    let tries = 0;
    const fail = () => {
      tries += 1;
      return Promise.reject(new Error('down'));
    };
    clock.forward(31_000);
    expect(await values.get('a', fail)).toBe('good');
    expect(await values.get('a', fail)).toBe('good');
    expect(tries).toBe(1);
    clock.forward(5_000);
    expect(await values.get('a', fail)).toBe('good');
    expect(tries).toBe(2);
    clock.forward(600_000);
    await expect(values.get('a', fail)).rejects.toThrow('down');
    const strict = createTtlCache<string>(clock, { ...RULES, covers: () => false });
    await strict.get('a', () => Promise.resolve('good'));
    clock.forward(31_000);
    await expect(strict.get('a', fail)).rejects.toThrow('down');
  });

  it('are not kept when they were read before somebody wrote', async () => {
    const values = createTtlCache<string>(handClock(), RULES);
    let land: (value: string) => void = () => undefined;
    const slow = values.get('a', () => new Promise<string>((resolve) => (land = resolve)));
    values.forget('a');
    land('old');
    expect(await slow).toBe('old');
    expect(await values.get('a', () => Promise.resolve('new'))).toBe('new');
    values.forget();
    expect(await values.get('a', () => Promise.resolve('newer'))).toBe('newer');
  });

  it('are a thousand at most: of more, those asked for longest ago go', async () => {
    const values = createTtlCache<string>(handClock(), RULES);
    const read = () => Promise.resolve('old');
    await values.get('often', read);
    for (let i = 0; i < 1_500; i++) {
      await values.get(`once ${i}`, read);
      await values.get('often', read);
    }
    const again = () => Promise.resolve('new');
    expect(await values.get('often', again)).toBe('old');
    expect(await values.get('once 1499', again)).toBe('old');
    expect(await values.get('once 0', again)).toBe('new');
  });

  it('are not kept when there is nothing', async () => {
    const values = createTtlCache<string>(handClock(), RULES);
    expect(await values.get('a', () => Promise.resolve(undefined))).toBeUndefined();
    expect(await values.get('a', () => Promise.resolve('there'))).toBe('there');
  });
});
