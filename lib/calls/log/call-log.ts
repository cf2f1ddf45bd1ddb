/** One call through the pipeline, as it is kept for 30 days. Everything in it is redacted already. */
export interface CallRecord {
  id: string;
  at: string;
  service: string;
  /** Of several. */
  account?: string;
  /** Operation name, or `undefined` for the raw proxy. */
  operation?: string;
  method: string;
  path: string;
  /** Status the caller received. */
  status: number;
  code?: string;
  upstreamStatus?: number;
  /** What a failure came from, for operators: `refused 203.0.113.7:443`. */
  cause?: string;
  durationMs: number;
  attempts: number;
  requestId: string;
  /** Key id, console user, or `keepalive`, `monitor`. */
  caller: string;
  cached: boolean;
  stale: boolean;
  session?: 'reused' | 'renewed' | 'login';
  /** Up to 4 KB each, redacted; of a failure, what the third party answered. */
  request?: string;
  response?: string;
}

export interface CallQuery {
  service?: string;
  operation?: string;
  path?: string;
  status?: number;
  code?: string;
  requestId?: string;
  caller?: string;
  minDurationMs?: number;
  maxDurationMs?: number;
  /** Text in the kept request or answer. */
  q?: string;
  attempts?: number;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

export interface CallLog {
  /** One DynamoDB write, shared with calls that end at the same time, with a timeout of its own. Never throws. */
  write(record: CallRecord): Promise<void>;
  search(query: CallQuery): Promise<{ items: CallRecord[]; cursor?: string }>;
}
