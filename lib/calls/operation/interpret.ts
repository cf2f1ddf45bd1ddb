/** What an answer to an operation, or to a request before it, means for the caller. */
import type { Answer } from '../../definition/predicate/answer.ts';
import { holds } from '../../definition/predicate/predicate.ts';
import { changedError, GatewayError } from '../../runtime/errors.ts';
import type { GatewayErrorOptions } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { busyAnswer } from '../busy.ts';
import type { CallableService, Operation } from '../definition.ts';
import { excerptOf } from '../excerpt.ts';
import type { SentSecrets } from '../mask-sent.ts';
import { namedFailure } from '../outage.ts';
import type { AboutAnswer } from '../call.ts';
import type { FailedStep } from '../send-with-retry.ts';
import { dataOf } from './data.ts';

/** `data` stays JSON source text from the third party to the caller: 19-digit ids survive. */
export interface OperationResult {
  dataText: string;
  upstreamStatus: number;
}

interface Interpreting extends AboutAnswer {
  service: CallableService;
  name: string;
  operation: Operation;
  answer: Answer;
  secrets: SentSecrets;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * The operation's `failures`, then its `success` decide (default: any 2xx); 5xx means the third party is down, the
 * rest a refusal. Neither is asked of the answer to a step before, from which there was nothing to go on with.
 */
export function interpret(input: Interpreting): OperationResult {
  const { service, name, operation, answer, secrets, refused, step } = input;
  const { code } = service.definition;
  const answered = `(it answered ${answer.status})`;
  if (refused) {
    throw new GatewayError('AUTHENTICATION_FAILED', `${code} refused the credentials ${answered}.`, {
      upstream: upstreamOf(input),
    });
  }
  if (step) throw failureOf(input, { what: `the request before ${name}`, step });
  const failure = operation.failures.find(({ when }) => holds(when, answer));
  if (failure) {
    throw new GatewayError(failure.error, `${code} did not accept ${name} ${answered}.`, {
      // 429 is a refusal, whatever the definition calls it.
      mayHaveHadEffect: answer.status !== 429,
      upstream: upstreamOf(input),
      internal: { ...namedFailure, ...(failure.retryable ? { mayRepeat: true } : {}) },
      ...omitUndefined({
        retryable: failure.retryable,
        retryAfterSeconds: busyAnswer(answer, input.now)?.retryAfterSeconds,
      }),
    });
  }
  const success = operation.success
    ? holds(operation.success, answer)
    : answer.status >= 200 && answer.status < 300;
  if (!success) throw failureOf(input, { what: name });
  const data = dataOf({ service: code, operation: name }, operation, answer, () => upstreamOf(input));
  return { dataText: secrets.maskJson(data), upstreamStatus: answer.status };
}

/** @param what did not succeed. */
function failureOf(input: Interpreting, { what, step }: { what: string; step?: FailedStep }): GatewayError {
  const { service, answer, now } = input;
  const { code, retry } = service.definition;
  const { status } = answer;
  const upstream = upstreamOf(input);
  if (step?.fault) return changedError(step.fault, { upstream });
  const known: GatewayErrorOptions = { mayHaveHadEffect: !step, upstream };
  const busy = busyAnswer(answer, now);
  if (busy) {
    return new GatewayError('PLATFORM_BUSY', `${code} asks to come back later (it answered ${status}).`, {
      ...known,
      // 429 is a refusal; 503 may also come from a proxy that lost the answer to what it had passed on.
      mayHaveHadEffect: !step && status !== 429,
      retryAfterSeconds: busy.retryAfterSeconds ?? retry.serverError.delaysSeconds[0]!,
    });
  }
  if (status >= 500 && status <= 599) {
    const to = step ? ` to ${what}` : '';
    return new GatewayError('PLATFORM_UNAVAILABLE', `${code} answered ${status}${to}.`, known);
  }
  return new GatewayError(
    'PLATFORM_API_ERROR',
    `${code} did not accept ${what} (it answered ${status}).`,
    known,
  );
}

/** What a caller sees of a refusal: JSON as JSON, text as text, at most 4 KB, secrets masked. */
function upstreamOf({ answer, secrets }: Interpreting): { status: number; body: unknown } {
  const text = excerptOf(answer.text(), secrets);
  try {
    return { status: answer.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: answer.status, body: text };
  }
}
