import { LRUCache } from 'lru-cache';
import type { Clock } from '../runtime/clock.ts';
import { ANONYMOUS } from './roles.ts';
import type { Principal } from './roles.ts';

export interface Identified {
  principal: Principal;
  /** When it ends, ms since the epoch; `undefined`: not by itself. */
  endsAt?: number | undefined;
}

/** Who tokens are, by their hash, kept for 5 s. */
export interface PrincipalCache {
  /** `ANONYMOUS` from the moment it ends, cached or not. Rejects as `lookUp` does. */
  identify(hash: string, lookUp: () => Promise<Identified>): Promise<Principal>;
  /** One, or all. */
  forget(hash?: string): void;
}

/** How long a token is trusted, or distrusted, without asking again: so long a revoked one lives (docs/users/access.md). */
const CACHE_MS = 5_000;
const CACHE_SIZE = 5_000;

export function createPrincipalCache(clock: Clock): PrincipalCache {
  const known = new LRUCache<string, Identified>({
    max: CACHE_SIZE,
    ttl: CACHE_MS,
    ttlResolution: 0,
    perf: clock,
  });

  return {
    async identify(hash, lookUp) {
      // From before the read: a slow one must not prolong what it has found.
      const start = clock.now();
      let found = known.get(hash);
      if (!found) {
        found = await lookUp();
        known.set(hash, found, { start });
      }
      return found.endsAt !== undefined && found.endsAt <= clock.now() ? ANONYMOUS : found.principal;
    },
    forget(hash) {
      if (hash === undefined) known.clear();
      else known.delete(hash);
    },
  };
}
