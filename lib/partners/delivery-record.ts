import { maskValues } from '../text/redaction/known-values.ts';
import { redactJson } from '../text/redaction/redact.ts';
import type { ExactJson } from '../text/json/exact.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { ActionResult } from './actions.ts';
import type { Delivery } from './deliveries.ts';
import { statusOf, WebhookRefused } from './reply.ts';

/** What becomes known of a delivery, for its record. */
export interface DeliveryFacts {
  action: string;
  keyVersionId?: string;
  /** Values that no record may hold. */
  secrets?: readonly string[];
  payload?: ExactJson;
  transactionId?: string;
}

/** How it ended. */
export type Outcome = ActionResult | WebhookRefused;

const MAX_ACTION = 64;
const MAX_TRANSACTION_ID = 128;

export function recordOf(
  { action, keyVersionId, payload, transactionId, secrets = [] }: DeliveryFacts,
  outcome: Outcome,
  rest: Pick<
    Delivery,
    'id' | 'at' | 'service' | 'source' | 'status' | 'durationMs' | 'requestId' | 'replayOf'
  >,
): Delivery {
  const refused = outcome instanceof WebhookRefused ? outcome : undefined;
  return omitUndefined({
    ...rest,
    action: action.slice(0, MAX_ACTION),
    verdict: verdictOf(outcome),
    code: refused?.code,
    cause: refused?.internalCause,
    transactionId: transactionId?.slice(0, MAX_TRANSACTION_ID),
    keyVersionId,
    payload: payload === undefined ? undefined : redacted(payload, secrets),
  });
}

/** By what happened: a partner may insist on 200 for all of it. */
function verdictOf(outcome: Outcome): Delivery['verdict'] {
  if (!(outcome instanceof WebhookRefused)) return outcome.replayed ? 'replayed' : 'accepted';
  const status = statusOf(outcome.code);
  if (status === 401) return 'rejected';
  return status >= 500 ? 'failed' : 'refused';
}

/** By name, and by value: an order may contain the key it was sealed with. */
const redacted = (payload: ExactJson, secrets: readonly string[]): string =>
  maskValues([...secrets])(JSON.stringify(redactJson(payload)));
