import { GatewayError } from '../errors/index.ts';
import type { ErrorCode } from '../errors/index.ts';

/** A login runs, or was started; this caller cannot wait for it. */
export function loginInProgress(seconds: number): GatewayError {
  return new GatewayError('LOGIN_IN_PROGRESS', 'A login is in progress; try again shortly.', {
    retryAfterSeconds: Math.max(1, Math.ceil(seconds)),
  });
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  CAPTCHA_FAILED: 'The login failed: no captcha answer was accepted.',
  AUTHENTICATION_FAILED: 'The platform refused the credentials.',
  CONFIGURATION_ERROR: 'The login failed: the service is not configured correctly.',
};

/** The failure of a login that somebody else made: its code is all that was passed on. */
export function sharedFailure(code: ErrorCode, forMs?: number): GatewayError {
  const shared = code === 'INTERNAL' ? 'PLATFORM_UNAVAILABLE' : code;
  const options = forMs === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(forMs / 1_000)) };
  return new GatewayError(shared, MESSAGES[shared] ?? 'The login to the platform failed.', options);
}
