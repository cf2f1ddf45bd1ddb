import type { QuotaType } from '../definition.ts';

/** Redis keys of the guard. */
export const keys = {
  /** A counter. `subject`: `CODE`, or `CODE/north`; `windowStart`: seconds since the epoch. */
  quota: (subject: string, type: QuotaType, windowStart: number) => `quota:${subject}:${type}:${windowStart}`,
  /** A hash: of each account of a service that has several, see account-uses.ts. */
  uses: (code: string) => `accounts:${code}`,
  /** A hash, see breaker-state.ts. */
  breaker: (code: string) => `breaker:${code}`,
};
