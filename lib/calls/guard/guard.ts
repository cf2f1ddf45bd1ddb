import type { CallableService } from '../definition.ts';

/** What one Redis round trip reads and counts before a call (SPEC 4, steps 2 and 3). */
export interface GuardDecision {
  /** The session's generation in Redis (`"7.2"`), `null` when there is none, `undefined` when not asked. */
  generation?: string | null;
  /** The value under `cacheKey`, when one was given and found. */
  cached?: string | null;
  /** Half-open: this call is the probe. */
  probe: boolean;
  /** Consecutive failures the breaker has seen: 0 lets a success skip its write. */
  failures: number;
  /** For the `RateLimit` headers: the window nearest to its limit. */
  quota?: { limit: number; remaining: number; resetSeconds: number };
  /** Set when the call must not be sent. */
  refusal?:
    | { code: 'QUOTA_EXCEEDED'; type: string; limit: number; retryAfterSeconds: number }
    | { code: 'CIRCUIT_OPEN'; retryAfterSeconds: number };
  /** Redis did not answer: quotas and breaker were not checked. */
  unguarded?: boolean;
}

export interface GuardRequest {
  /** Redis key of the session's generation, for `SESSION` services. */
  generationKey?: string;
  /** Redis key of a cached answer, for operations with `cacheSeconds`. */
  cacheKey?: string;
  /** How long a cached answer is fresh: a call that will be answered from it does not become the probe. */
  cacheSeconds?: number;
}

export interface Guard {
  /** No round trip at all when the service has no quota, no breaker, and only the generation is asked for. */
  check(service: CallableService, request: GuardRequest): Promise<GuardDecision>;
  /** The breaker's count after a call. Writes only when that changes something. Never throws. */
  record(service: CallableService, decision: GuardDecision, outcome: 'success' | 'failure'): Promise<void>;
}
