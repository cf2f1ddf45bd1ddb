import type { Deadline } from '../runtime/clock.ts';

/** Who asks, and by when an answer must have left us: handed on to the call of URS. */
export interface CallContext {
  requestId: string;
  caller: string;
  deadline: Deadline;
  /** What URS says now, not what it said a minute ago. */
  uncached?: boolean;
}

/**
 * Calls an operation of URS through the pipeline. Rejects with the `GatewayError` itself, not wrapped.
 * `stale`: URS is down and this is an older answer.
 */
export type CallUrs = (
  operation: 'userInfo' | 'userTeam' | 'userLevelCount',
  params: Record<string, string | number>,
  context: CallContext,
) => Promise<{ dataText: string; stale: boolean }>;
