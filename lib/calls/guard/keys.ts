import type { QuotaType } from '../definition.ts';

/** Redis keys of the guard. */
export const keys = {
  /** A counter. `windowStart`: seconds since the epoch. */
  quota: (code: string, type: QuotaType, windowStart: number) => `quota:${code}:${type}:${windowStart}`,
  /** A hash, see breaker-state.ts. */
  breaker: (code: string) => `breaker:${code}`,
};
