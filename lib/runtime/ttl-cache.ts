import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';

export interface TtlCacheRules<T = unknown> {
  /** How long a value serves before it is read again, ms. */
  freshMs: number | ((value: T) => number);
  /** While reading fails: how old a value may be and still serve, ms. Absent: it does not. */
  staleMs?: number;
  /** After a failed read a stale value serves this long before the next try, ms. */
  backoffMs?: number;
  /** Which failures a stale value may hide. */
  covers?: (error: unknown) => boolean;
}

/** Values read from somewhere slow and kept in the process: one read per key at a time, however many ask. */
export interface TtlCache<T> {
  /** `undefined` from `read` is returned and not kept. */
  get(key: string, read: () => Promise<T | undefined>): Promise<T | undefined>;
  /** Drops one key, or all. A value that is being read is returned, but not kept. */
  forget(key?: string): void;
}

/** Far more than there are services (the keys). Beyond it, the least recently used one is dropped. */
const MAX_KEYS = 1_000;

interface Entry<T> {
  value: T;
  readAt: number;
  freshUntil: number;
}

export function createTtlCache<T>(clock: Pick<Clock, 'now'>, rules: TtlCacheRules<T>): TtlCache<T> {
  // LRUCache's own `fetch` and `ttl` support neither stale values while reading fails nor a back-off.
  const entries = new LRUCache<string, Entry<T>>({ max: MAX_KEYS });
  const pending = new Map<string, Promise<T | undefined>>();
  /** Counts `forget`s: what was read before one must not be kept after it. */
  let epoch = 0;

  const freshMsOf = (value: T): number =>
    typeof rules.freshMs === 'number' ? rules.freshMs : rules.freshMs(value);

  async function refresh(key: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    const readAt = clock.now();
    const readIn = epoch;
    try {
      const value = await read();
      if (readIn !== epoch) return value;
      entries.delete(key);
      if (value !== undefined) entries.set(key, { value, readAt, freshUntil: readAt + freshMsOf(value) });
      return value;
    } catch (error) {
      const old = entries.get(key);
      const { staleMs = 0, backoffMs = 0, covers = () => true } = rules;
      if (!old || clock.now() - old.readAt > staleMs || !covers(error)) throw error;
      old.freshUntil = clock.now() + backoffMs;
      return old.value;
    }
  }

  return {
    get: async (key, read) => {
      const entry = entries.get(key);
      if (entry && clock.now() < entry.freshUntil) return entry.value;
      const running = pending.get(key);
      if (running) return running;
      const reading = refresh(key, read).finally(() => {
        if (pending.get(key) === reading) pending.delete(key);
      });
      pending.set(key, reading);
      return reading;
    },
    forget: (key) => {
      if (key === undefined) {
        entries.clear();
        pending.clear();
      } else {
        entries.delete(key);
        pending.delete(key);
      }
      epoch += 1;
    },
  };
}
