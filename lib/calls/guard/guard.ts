import type { CallableService } from '../definition.ts';

/** One of several accounts that a call may take. */
export interface Candidate {
  account: string;
  /** What refusals in Redis must be of, to count (`markOf`). */
  mark: string;
  stateKey?: string | undefined;
  /** @see Authenticator.fitnessKeys */
  fitnessKeys: readonly string[];
}

/** What one Redis round trip reads and counts before a call (SPEC 4, steps 2 and 3). */
export interface GuardDecision {
  /** What the strategy keeps in Redis: a session's generation (`"7.2"`), refusals of credentials. `null`: nothing; `undefined`: not asked. */
  state?: string | null;
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
    /** `isHeld`: by an operator. */
    | { code: 'CIRCUIT_OPEN'; isHeld?: true; retryAfterSeconds: number };
  /** The definition has changed since: nothing was checked nor counted. Ask again with this revision, or a later one. */
  newerRevision?: number;
  /** Redis did not answer: quotas and breaker were not checked. */
  unguarded?: boolean;
  /** Of the candidates, the one to take. */
  account?: string;
  /** None of them is fit: this one comes back soonest. */
  unfit?: boolean;
}

export interface GuardRequest {
  /** Redis key of that state. */
  stateKey?: string;
  /** Of a service with several accounts, in place of `stateKey`: in Redis' absence the first is taken. */
  candidates?: readonly Candidate[];
  /** What was decided for the same call before, on another account: the breaker is not asked again. */
  admitted?: GuardDecision | undefined;
  /** The definition is the newest that there is, whatever Redis says. */
  isNewest?: boolean;
  /** Redis key of a cached answer, for operations with `cacheSeconds`. */
  cacheKey?: string;
  /** How long a cached answer is fresh: a call that will be answered from it does not become the probe. */
  cacheSeconds?: number;
}

export interface Guard {
  /**
   * No round trip at all when the service has no quota, no breaker, one account, and only the strategy's state is asked
   * for.
   */
  check(service: CallableService, request: GuardRequest): Promise<GuardDecision>;
  /** The breaker's count after a call. Writes only when that changes something. Never throws. */
  record(service: CallableService, decision: GuardDecision, outcome: 'success' | 'failure'): Promise<void>;
}
