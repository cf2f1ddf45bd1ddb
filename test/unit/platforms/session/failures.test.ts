import { describe, expect, it } from 'vitest';
import {
  loginBackoff,
  loginInProgress,
  loginTakes,
  renewedInVain,
  sharedFailure,
} from '../../../../lib/platforms/session/failures.ts';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';

const service = { definition: { code: 'ORDERS' } } as PlatformService;

/** What is left of a time, in whole seconds: never 0, never too short. */
const ROUNDED = [
  [-5, 1],
  [0, 1],
  [1, 1],
  [1_000, 1],
  [1_001, 2],
  [7_500, 8],
] as const;

describe('a login that runs', () => {
  it.each([
    [0, 1],
    [0.2, 1],
    [3, 3],
    [3.1, 4],
    [10, 10],
    [60, 10],
  ])('is asked about again after %d s, told as %d', (seconds, retryAfterSeconds) => {
    expect(loginInProgress(seconds)).toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
      message: 'A login is in progress; try again shortly.',
      retryable: true,
      retryAfterSeconds,
    });
  });

  it.each(ROUNDED)('that takes another %d ms says so: %d s', (ms, seconds) => {
    expect(loginTakes(ms)).toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
      message: `A login is in progress; it usually takes another ${seconds} s or more.`,
      retryAfterSeconds: seconds,
    });
  });
});

it.each(ROUNDED)('R3: a renewal in vain says when the next may be: %d ms, %d s', (ms, seconds) => {
  expect(renewedInVain(service, ms)).toMatchObject({
    code: 'SESSION_EXPIRED',
    message:
      'ORDERS refused this operation on a session that was just renewed for it. ' +
      `The next login for it may start in ${seconds} s; other operations go on.`,
    retryAfterSeconds: seconds,
  });
});

describe("another process's failure", () => {
  it('is told as it was told there', () => {
    expect(sharedFailure('CAPTCHA_FAILED', 'Three answers were refused.')).toMatchObject({
      code: 'CAPTCHA_FAILED',
      message: 'Three answers were refused.',
    });
  });

  it.each([
    ['CAPTCHA_FAILED', 'The login failed: no captcha answer was accepted.'],
    ['AUTHENTICATION_FAILED', 'The platform refused the credentials.'],
    ['CONFIGURATION_ERROR', 'The login failed: the service is not configured correctly.'],
    ['PLATFORM_UNAVAILABLE', 'The login to the platform failed.'],
  ] as const)('without words is told in ours: %s', (code, message) => {
    expect(sharedFailure(code, '')).toMatchObject({ code, message });
  });

  it('that is a fault of ours is not shown as one', () => {
    expect(sharedFailure('INTERNAL', 'bug')).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', message: 'bug' });
  });
});

describe('a pause after failures', () => {
  it.each(ROUNDED)('says what failed, and how long it lasts: %d ms, %d s', (ms, seconds) => {
    expect(loginBackoff('CAPTCHA_FAILED', 'Refused.', ms)).toMatchObject({
      code: 'CAPTCHA_FAILED',
      message: `The last logins failed with CAPTCHA_FAILED: Refused. The next one may start in ${seconds} s.`,
      retryAfterSeconds: seconds,
    });
  });

  it('has words of its own where the failure has none, and full stops only at the end', () => {
    expect(loginBackoff('INTERNAL', '', 1_000).message).toBe(
      'The last logins failed with PLATFORM_UNAVAILABLE: The login to the platform failed. The next one may start in 1 s.',
    );
    expect(loginBackoff('CAPTCHA_FAILED', 'v1.2 refused', 1_000).message).toContain(': v1.2 refused. The');
  });
});
