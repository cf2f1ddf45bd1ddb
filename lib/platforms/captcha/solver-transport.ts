import type { UpstreamResponse } from '../../vendors/http/transport.ts';
import type { Service } from '../../definition/service.ts';
import type { Deadline } from '../../runtime/clock.ts';

/** One request to a solver's service. */
export interface SolverRequest {
  /** What the call log calls it: `solve`, `reportWrong`, `balance`. */
  operation: string;
  method: 'POST';
  /** Absolute. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  /** Cap on this one, milliseconds; the service's own `timeoutSeconds` holds too. */
  timeoutMs: number;
  /** Cap on the answer, bytes. */
  maxBytes: number;
}

/**
 * Sends one request through the pipeline: quotas, breaker, call log; no retry. Any status is an answer.
 * Rejects as `Transport.send` does, and with `QUOTA_EXCEEDED`, `CIRCUIT_OPEN`, `SERVICE_UNAVAILABLE`.
 */
export type SolverTransport = (
  service: Service,
  request: SolverRequest,
  deadline: Deadline,
) => Promise<UpstreamResponse>;
