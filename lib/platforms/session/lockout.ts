import type { Alerts } from '../../watch/alerts/alerts.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { PlatformService } from '../definition.ts';

/** Kind of the alert that is up while logins of a service are paused. */
export const LOGIN_LOCKED = 'LOGIN_LOCKED';

/**
 * Lockout (SPEC 5): `lockout.failures` refused credentials in a row pause logins for `lockout.seconds`,
 * fleet-wide, so that the platform does not lock the account. The count lives in Redis, per credentials version (`FAIL` and
 * `BEGIN` in `scripts.ts`): new credentials start from zero. After a pause one attempt is free; refused again,
 * it pauses again. A wrong captcha refuses no credentials and does not count.
 */
export function lockedOut(code: string, forMs: number, now: number): GatewayError {
  const until = new Date(now + forMs).toISOString();
  return new GatewayError(
    'AUTHENTICATION_FAILED',
    `Logins to ${code} are paused until ${until}: the platform has refused these credentials repeatedly. ` +
      `New credentials or \`gatehouse session unlock ${code}\` end the pause.`,
    { retryAfterSeconds: Math.max(1, Math.ceil(forMs / 1_000)), internal: { lockedOut: true } },
  );
}

export async function alertLockout(
  alerts: Alerts,
  { definition }: PlatformService,
  refusals: number,
  forMs: number,
): Promise<void> {
  const minutes = Math.ceil(forMs / 60_000);
  await alerts.raise({
    kind: LOGIN_LOCKED,
    subject: definition.code,
    severity: 'critical',
    summary: `${definition.code} refused its credentials ${refusals} times in a row; logins pause for ${minutes} min.`,
    details: { refusals, seconds: Math.ceil(forMs / 1_000) },
  });
}
