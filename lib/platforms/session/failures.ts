import { GatewayError } from '../../runtime/errors.ts';
import type { ErrorCode } from '../../runtime/errors.ts';
import { subjectOf } from '../../definition/account.ts';
import type { PlatformService } from '../definition.ts';

/** Longest `Retry-After`, seconds: the login may finish at any moment, however slow earlier ones were. */
const LONGEST_RETRY_AFTER = 10;

/** A login runs, or was started; this caller cannot wait for it. */
export function loginInProgress(seconds: number): GatewayError {
  return new GatewayError('LOGIN_IN_PROGRESS', 'A login is in progress; try again shortly.', {
    retryAfterSeconds: Math.min(LONGEST_RETRY_AFTER, Math.max(1, Math.ceil(seconds))),
  });
}

/** The last two logins took longer than this caller has: it need not wait to learn that. */
export function loginTakes(ms: number): GatewayError {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  return new GatewayError(
    'LOGIN_IN_PROGRESS',
    `A login is in progress; it usually takes another ${seconds} s or more.`,
    { retryAfterSeconds: seconds },
  );
}

/** A session made for this operation was refused too: no login for it for a while (SPEC 5). */
export function renewedInVain({ definition, account }: PlatformService, forMs: number): GatewayError {
  const seconds = Math.max(1, Math.ceil(forMs / 1_000));
  return new GatewayError(
    'SESSION_EXPIRED',
    `${subjectOf(definition.code, account)} refused this operation on a session that was just renewed for it. ` +
      `The next login for it may start in ${seconds} s; other operations go on.`,
    { retryAfterSeconds: seconds },
  );
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  CAPTCHA_FAILED: 'The login failed: no captcha answer was accepted.',
  AUTHENTICATION_FAILED: 'The platform refused the credentials.',
  CONFIGURATION_ERROR: 'The login failed: the service is not configured correctly.',
};

/** The failure of another process's login: its code and message are what was passed on. */
export function sharedFailure(code: ErrorCode, message: string): GatewayError {
  return new GatewayError(publicCode(code), message || describe(code));
}

/** Logins pause after failures: names the failure and how long the pause lasts. */
export function loginBackoff(code: ErrorCode, message: string, forMs: number): GatewayError {
  const seconds = Math.max(1, Math.ceil(forMs / 1_000));
  const cause = (message || describe(code)).replace(/\.$/, '');
  return new GatewayError(
    publicCode(code),
    `The last logins failed with ${publicCode(code)}: ${cause}. The next one may start in ${seconds} s.`,
    { retryAfterSeconds: seconds },
  );
}

function publicCode(code: ErrorCode): ErrorCode {
  return code === 'INTERNAL' ? 'PLATFORM_UNAVAILABLE' : code;
}

function describe(code: ErrorCode): string {
  return MESSAGES[code] ?? 'The login to the platform failed.';
}
