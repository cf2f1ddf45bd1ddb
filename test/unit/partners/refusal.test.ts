import { expect, it } from 'vitest';
import { refusalOf } from '../../../lib/partners/refusal.ts';
import { RequestRejected } from '../../../lib/partners/rejected.ts';
import { WebhookRefused } from '../../../lib/partners/reply.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { invalid } from '../../../lib/runtime/field-errors.ts';

const told = (error: unknown) => {
  const { code, message, field, internalCause, retryAfterSeconds } = refusalOf(error);
  return { code, message, field, internalCause, retryAfterSeconds };
};
const nothing = { field: undefined, internalCause: undefined, retryAfterSeconds: undefined };

it('a refusal is told as it is', () => {
  const refused = new WebhookRefused('NOT_FOUND', 'Action not found.');
  expect(refusalOf(refused)).toBe(refused);
});

it('a request that could not be verified is told nothing of why', () => {
  for (const cause of ['MALFORMED', 'SIGNATURE']) {
    const error = new RequestRejected(cause);
    expect(String(error)).toBe('RequestRejected: The request could not be verified.');
    expect(told(error)).toEqual({
      ...nothing,
      code: 'WEBHOOK_REJECTED',
      message: 'The request was not accepted.',
      internalCause: cause,
    });
  }
});

it('a wrong field is named', () => {
  expect(told(invalid('superiors.0', 'is a duplicate'))).toEqual({
    ...nothing,
    code: 'VALIDATION_FAILED',
    message: 'superiors.0 is a duplicate.',
    field: 'superiors.0',
  });
  expect(told(new GatewayError('VALIDATION_FAILED', 'No.'))).toEqual({
    ...nothing,
    code: 'VALIDATION_FAILED',
    message: 'No.',
  });
  expect(told(new GatewayError('VALIDATION_FAILED', 'No.', { fields: [] })).field).toBeUndefined();
});

it.each(['STORE_UNAVAILABLE', 'DEADLINE_EXCEEDED'] as const)('%s asks to be sent again', (code) => {
  const asked = {
    ...nothing,
    code: 'STORE_UNAVAILABLE',
    message: 'Temporarily unavailable; send it again.',
    internalCause: code,
  };
  expect(told(new GatewayError(code, 'table x'))).toEqual({ ...asked, retryAfterSeconds: 1 });
  expect(told(new GatewayError(code, 'table x', { retryAfterSeconds: 5 }))).toEqual({
    ...asked,
    retryAfterSeconds: 5,
  });
});

it('what is wrong with our settings is for the record alone', () => {
  expect(told(new GatewayError('CONFIGURATION_ERROR', 'settings.book is no name.'))).toEqual({
    ...nothing,
    code: 'CONFIGURATION_ERROR',
    message: 'This service is not configured correctly.',
    internalCause: 'settings.book is no name.',
  });
});

it.each([new GatewayError('INTERNAL', 'a row'), new TypeError('x'), 'thrown', undefined])(
  'anything else tells nothing: %s',
  (error) => {
    expect(told(error)).toEqual({ ...nothing, code: 'INTERNAL', message: 'Internal error; send it again.' });
  },
);
