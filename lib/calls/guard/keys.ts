import type { QuotaType } from '../definition.ts';

/** Redis keys of the guard. */
export const keys = {
  /** A counter. `subject`: `CODE`, or `CODE/north`; `windowStart`: seconds since the epoch. */
  quota: (subject: string, type: QuotaType, windowStart: number) => `quota:${subject}:${type}:${windowStart}`,
  /** A hash: of each account of a service that has several, see account-uses.ts. */
  uses: (code: string) => `accounts:${code}`,
  /** The newest revision of a definition, where it has just changed: revision-marker.ts. */
  revision: (code: string) => `revision:${code}`,
  /** A hash, see breaker-state.ts. */
  breaker: (code: string) => `breaker:${code}`,
};
