import { isGatewayError } from '../runtime/errors.ts';
import { RequestRejected } from './rejected.ts';
import { WebhookRefused } from './reply.ts';

/** What a sender is told of a failure. Unverified requests all get one answer: it does not say which check failed. */
export function refusalOf(error: unknown): WebhookRefused {
  if (error instanceof WebhookRefused) return error;
  if (error instanceof RequestRejected) {
    return new WebhookRefused('WEBHOOK_REJECTED', 'The request was not accepted.', {
      internalCause: error.cause,
    });
  }
  if (isGatewayError(error, 'VALIDATION_FAILED')) {
    const field = error.fields?.[0]?.field;
    return new WebhookRefused('VALIDATION_FAILED', error.message, field === undefined ? {} : { field });
  }
  if (isGatewayError(error, 'STORE_UNAVAILABLE', 'DEADLINE_EXCEEDED')) {
    return new WebhookRefused('STORE_UNAVAILABLE', 'Temporarily unavailable; send it again.', {
      internalCause: error.code,
      retryAfterSeconds: error.retryAfterSeconds ?? 1,
    });
  }
  if (isGatewayError(error, 'CONFIGURATION_ERROR')) {
    return new WebhookRefused('CONFIGURATION_ERROR', 'This service is not configured correctly.', {
      internalCause: error.message,
    });
  }
  return new WebhookRefused('INTERNAL', 'Internal error; send it again.');
}
