import { changedError, GatewayError, isGatewayError } from '../../runtime/errors.ts';
import type { PlatformDefinition } from '../definition.ts';

export function captchaWrong(code: string): GatewayError {
  return new GatewayError('CAPTCHA_FAILED', `${code} did not accept the captcha.`, {
    internal: { wrong: true },
  });
}

export function credentialsRejected(code: string): GatewayError {
  return new GatewayError('AUTHENTICATION_FAILED', `${code} refused the credentials.`);
}

export function loginsUnavailable(code: string): GatewayError {
  return new GatewayError('PLATFORM_UNAVAILABLE', `${code} does not accept logins at the moment.`, {
    internal: { step: 'verdict' },
  });
}

/**
 * The form was sent and nobody knows what the platform made of it: no predicate matched its answer, or none came.
 * It counts like a refusal (SPEC 5), for the platform may have counted it too.
 */
export const withoutVerdict = (error: GatewayError): GatewayError =>
  changedError(error, { mayHaveHadEffect: false, internal: { ...error.internal, unclear: true } });

export const isWithoutVerdict = (error: unknown): boolean =>
  isGatewayError(error) && error.internal?.['unclear'] === true;

/** Did this login use up a try, as far as the platform may have counted? */
export const countsAsRefusal = (error: unknown): boolean =>
  isGatewayError(error, 'AUTHENTICATION_FAILED') || isWithoutVerdict(error);

/**
 * A failure during a recipe as one of the errors a login may end with. The caller's own request has not been
 * sent: it had no effect, whatever the login did.
 */
export function asLoginError(code: string, error: unknown): GatewayError {
  if (!isGatewayError(error)) {
    return new GatewayError('INTERNAL', `The login of ${code} failed unexpectedly.`, { cause: error });
  }
  switch (error.code) {
    case 'PLATFORM_UNAVAILABLE':
      return changedError(error, { cause: error, mayHaveHadEffect: false });
    case 'RESPONSE_TOO_LARGE':
      return new GatewayError(
        'PLATFORM_UNAVAILABLE',
        `${code} sent a response that is too large during login.`,
        {
          cause: error,
        },
      );
    case 'MALFORMED_REQUEST':
    case 'VALIDATION_FAILED':
      return new GatewayError(
        'CONFIGURATION_ERROR',
        `The login of ${code} cannot be sent: ${error.message}`,
        {
          cause: error,
        },
      );
    default:
      return error;
  }
}

/** The platform did not do its part of a step. `what` completes "... could not be logged in to: ". */
export function unavailable({ code }: PlatformDefinition, step: string, what: string): GatewayError {
  return new GatewayError('PLATFORM_UNAVAILABLE', `${code} could not be logged in to: ${what}.`, {
    internal: { step },
  });
}
