import type { Alerts } from '../../watch/alerts/alerts.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { unlockCommand } from '../../access/credentials/refusals.ts';
import { subjectOf } from '../../definition/account.ts';
import type { PlatformService } from '../definition.ts';

/** Kind of the alert that is up while logins of a service are paused. */
const LOGIN_LOCKED = 'LOGIN_LOCKED';

/** Kind of the alert that is up while forms end without a verdict; also what such a failure is recorded as. */
export const LOGIN_UNCLEAR = 'LOGIN_UNCLEAR';

/**
 * Lockout (SPEC 5): `lockout.failures` refused credentials in a row pause logins for `lockout.seconds`,
 * fleet-wide, so that the platform does not lock the account. A form that ended without a verdict counts like a
 * refusal: it may have been one. The count lives in Redis, per credentials version (`markOf`; `FAIL` and `BEGIN`
 * in `scripts.ts`): new credentials start from zero. After a pause one attempt is free; refused again, it pauses again.
 * A wrong captcha refuses no credentials and does not count.
 */
export function lockedOut(subject: string, forMs: number, now: number): GatewayError {
  const until = new Date(now + forMs).toISOString();
  return new GatewayError(
    'AUTHENTICATION_FAILED',
    `Logins to ${subject} are paused until ${until}: the last ones were refused, or ended without a verdict. ` +
      `New credentials or \`${unlockCommand(subject)}\` end the pause.`,
    { retryAfterSeconds: Math.max(1, Math.ceil(forMs / 1_000)), internal: { lockedOut: true } },
  );
}

export async function alertLockout(
  alerts: Alerts,
  { definition, account }: PlatformService,
  refusals: number,
  forMs: number,
): Promise<void> {
  const subject = subjectOf(definition.code, account);
  const minutes = Math.ceil(forMs / 60_000);
  await alerts.raise({
    kind: LOGIN_LOCKED,
    subject,
    severity: 'critical',
    summary: `Logins to ${subject} were refused, or ended without a verdict, ${refusals} times in a row; they pause for ${minutes} min.`,
    details: { refusals, seconds: Math.ceil(forMs / 1_000) },
  });
}

/** The recipe cannot tell what became of the form: somebody has to complete it. */
export async function alertUnclear(alerts: Alerts, { definition, account }: PlatformService): Promise<void> {
  const subject = subjectOf(definition.code, account);
  await alerts.raise({
    kind: LOGIN_UNCLEAR,
    subject,
    severity: 'warning',
    summary: `A login to ${subject} matched neither \`success\` nor \`failures\`; it counts as a refusal.`,
  });
}

/** A login got in, or an operator lifted the pause. */
export async function resolveLoginAlerts(
  alerts: Alerts,
  { definition, account }: PlatformService,
): Promise<void> {
  const subject = subjectOf(definition.code, account);
  await Promise.all([LOGIN_LOCKED, LOGIN_UNCLEAR].map((kind) => alerts.resolve(kind, subject)));
}
