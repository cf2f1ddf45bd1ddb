import type { Deadline } from '../../runtime/clock.ts';

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  /** Raw bytes, at most 300 KB. */
  body: Buffer;
}

export interface IdempotentRequest {
  /** Caller and service: keys of different callers are independent. */
  scope: string;
  key: string;
  /** Of the whole request as the third party gets it: the same key with another fingerprint is a mismatch. */
  fingerprint: string;
  deadline: Deadline;
}

/**
 * What the wrapped work reports. `keep: false`: nothing reached the third party, or it refused for now (429): the next
 * request may run.
 */
export interface WorkResult {
  answer: StoredAnswer;
  keep: boolean;
}

/**
 * At most one run per key within 24 h (SPEC 4). `run` answers with the first answer again, `replayed: true`.
 * Rejects with `IDEMPOTENCY_IN_PROGRESS`, `IDEMPOTENCY_MISMATCH`, `STORE_UNAVAILABLE`, and whatever `work`
 * rejects with.
 */
export interface Idempotency {
  run(
    request: IdempotentRequest,
    work: () => Promise<WorkResult>,
  ): Promise<{ answer: StoredAnswer; replayed: boolean }>;
}
