/** One run of a function: whose log lines these are, how it ended. */
import type { Context } from 'aws-lambda';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { ERROR_CODES, isGatewayError } from '../../lib/runtime/errors.ts';
import { withLogFields } from '../../lib/vendors/log/log.ts';
import { log } from './log.ts';
import { emitMetrics } from './metrics.ts';

export interface Outcome {
  /** See `routeGroup`; for a function without routes, its trigger. */
  routeGroup: string;
  /** As of HTTP. */
  status: number;
  /** The error behind a failure of ours, where there is one. */
  cause?: unknown;
  /** Its code, where there is none. */
  code?: string;
}

/**
 * Runs one invocation. Its log lines carry both request ids; it ends in one metric line, and in one line of level
 * ERROR when it failed, its status is 500 or more, or it throws: nothing fails silently (SPEC 12).
 */
export async function observed<T>(
  context: Pick<Context, 'awsRequestId' | 'functionName'>,
  requestId: string,
  run: () => Promise<T>,
  outcomeOf: (result: T) => Outcome,
  thrown: Pick<Outcome, 'routeGroup'>,
): Promise<T> {
  const { awsRequestId, functionName } = context;
  const startedAt = clock.now();
  return withLogFields({ requestId, awsRequestId, function: functionName }, async () => {
    const ended = (outcome: Outcome) => report(outcome, { requestId, awsRequestId, functionName, startedAt });
    try {
      const result = await run();
      ended(outcomeOf(result));
      return result;
    } catch (cause) {
      ended({ ...thrown, status: 500, cause });
      throw cause;
    }
  });
}

interface Run {
  requestId: string;
  awsRequestId: string;
  functionName: string;
  startedAt: number;
}

function report({ routeGroup, status, cause, code }: Outcome, run: Run): void {
  const { requestId, awsRequestId, functionName, startedAt } = run;
  const failed = status >= 500 || cause !== undefined;
  const why = failed ? codeOf(cause, code) : undefined;
  if (failed) log().error(`Answered ${status}: ${why}.`, { status, code: why, routeGroup, error: cause });
  const groups = [['function'], ['function', 'routeGroup']];
  emitMetrics()({
    at: startedAt,
    dimensions: failed ? [...groups, ['function', 'routeGroup', 'code']] : groups,
    metrics: {
      requests: { unit: 'Count', value: 1 },
      errors5xx: { unit: 'Count', value: failed ? 1 : 0 },
      duration: { unit: 'Milliseconds', value: clock.now() - startedAt },
    },
    fields: { function: functionName, routeGroup, code: why, status, requestId, awsRequestId },
  });
}

/** Always one of ours: a dimension of metrics must not take what third parties send. */
function codeOf(cause: unknown, code: string | undefined): string {
  if (isGatewayError(cause)) return cause.code;
  // A refusal in a partner's own shape has one, too.
  const known = (cause as { code?: unknown } | undefined)?.code ?? code;
  return ERROR_CODES.find((each) => each === known) ?? (cause === undefined ? 'PASSED_THROUGH' : 'INTERNAL');
}
