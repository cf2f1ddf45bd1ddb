import type { AccountService } from '../../definition/service.ts';

export interface CachedAnswer {
  /** The operation's `data` as JSON source text: digits of money and ids stay as they came. */
  dataText: string;
  upstreamStatus: number;
  /** Milliseconds since the epoch. */
  storedAt: number;
}

/** Answers of idempotent operations, in Redis. Reading happens in the guard's round trip. */
export interface AnswerCache {
  /** Changes with the definition's revision, the operation, the params (canonical JSON) and the account, if any. */
  key(service: AccountService, operation: string, params: Record<string, unknown>): string;
  /** What the guard found; corrupt or foreign values are `undefined`. */
  read(value: string | null | undefined): CachedAnswer | undefined;
  /** TTL is `cacheSeconds + staleSeconds`. Never throws. */
  store(key: string, answer: CachedAnswer, ttlSeconds: number): Promise<void>;
}
