/** What a failed call says about whether the third party is there: for the breaker, and for older answers. */
import { isGatewayError } from '../runtime/errors.ts';
import type { CallableService } from './definition.ts';
import type { Guard, GuardDecision } from './guard/guard.ts';

/** What the definition calls this failure, it was an answer: the third party is there. */
export const namedFailure = { named: true } as const;

const isNamedFailure = (error: unknown): boolean =>
  isGatewayError(error) && error.internal?.['named'] === true;

/** The service is unavailable: an older answer is better than none. */
export function isDown(error: unknown): boolean {
  if (isNamedFailure(error)) return false;
  return isGatewayError(
    error,
    'PLATFORM_UNAVAILABLE',
    'PLATFORM_BUSY',
    'CIRCUIT_OPEN',
    'DEADLINE_EXCEEDED',
    'LOGIN_IN_PROGRESS',
    'CAPTCHA_FAILED',
    'SESSION_EXPIRED',
    'SESSION_NEEDS_PERSON',
  );
}

/**
 * Step 7's count. It is a failure when the third party did not answer or answered 5xx; a refusal counts as an
 * answer. A call that did not get that far (no session, wrong configuration) is not counted.
 */
export async function recordBreakerOutcome(
  service: CallableService,
  decision: GuardDecision,
  error: unknown,
  upstreamStatus: number | undefined,
  { guard }: { guard: Guard },
): Promise<void> {
  if (decision.refusal) return;
  if (isNamedFailure(error)) return guard.record(service, decision, 'success');
  const down =
    isGatewayError(error, 'PLATFORM_UNAVAILABLE', 'DEADLINE_EXCEEDED') ||
    (upstreamStatus !== undefined && upstreamStatus >= 500 && upstreamStatus <= 599);
  if (down) return guard.record(service, decision, 'failure');
  if (upstreamStatus !== undefined) return guard.record(service, decision, 'success');
}
