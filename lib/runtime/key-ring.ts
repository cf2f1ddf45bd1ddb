import type { Clock } from './clock.ts';

/** The current key, then others whose output is still accepted. */
export type Keys<Key> = readonly [current: Key, ...others: Key[]];

/** Keys kept in the process. Both methods reject as loading does; the next call tries again. */
export interface KeyRing<Key> {
  current(): Promise<Key>;
  /** The first key that `fits`; if none does, they are loaded again: they may have been rotated. */
  find(fits: (key: Key) => boolean): Promise<Key | undefined>;
}

/** For a key that fits nothing, the keys are loaded at most this often, milliseconds. */
const RELOAD_AFTER_MS = 60_000;

/** @param load fetches the keys; called at first use, by many at a time once. */
export function createKeyRing<Key>(load: () => Promise<Keys<Key>>, clock: Pick<Clock, 'now'>): KeyRing<Key> {
  let loaded: { keys: Promise<Keys<Key>>; at: number } | undefined;

  function keys(): Promise<Keys<Key>> {
    if (loaded) return loaded.keys;
    const loading = { keys: load(), at: clock.now() };
    loaded = loading;
    loading.keys.catch(() => {
      if (loaded === loading) loaded = undefined;
    });
    return loading.keys;
  }

  return {
    current: async () => (await keys())[0],
    find: async (fits) => {
      const known = (await keys()).find(fits);
      if (known !== undefined || !loaded || clock.now() - loaded.at < RELOAD_AFTER_MS) return known;
      loaded = undefined;
      return (await keys()).find(fits);
    },
  };
}
