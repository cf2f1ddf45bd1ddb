/** Sessions that only a person can open (SPEC 5): no login is described, or the login asks and nobody answered. */
import { subjectOf } from '../../definition/account.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import type { Login, PlatformService } from '../definition.ts';

/** Kind of the alert that is up until somebody has opened a session; also the code that callers get. */
const SESSION_NEEDS_PERSON = 'SESSION_NEEDS_PERSON';

/** Not `retryable`: a program that tries again would only wait for a person, who may come tomorrow. */
export function needsPerson({ definition: { code }, account }: PlatformService): GatewayError {
  const option = account === undefined ? '' : ` --account ${account}`;
  return new GatewayError(
    SESSION_NEEDS_PERSON,
    `${subjectOf(code, account)} has no live session and describes no login: a person has to log in with a browser, ` +
      `then \`gatehouse session import ${code}${option}\`.`,
  );
}

/** @throws GatewayError `SESSION_NEEDS_PERSON` when there is none. */
export function requireLogin(service: PlatformService): Login {
  const { login } = service.definition.auth;
  if (login) return login;
  throw needsPerson(service);
}

export async function alertNeedsPerson(
  alerts: Alerts,
  { definition, account }: PlatformService,
  why = 'has no live session and describes no login',
): Promise<void> {
  const subject = subjectOf(definition.code, account);
  await alerts.raise({
    kind: SESSION_NEEDS_PERSON,
    subject,
    severity: 'critical',
    summary: `${subject} ${why}: a person has to log in.`,
  });
}

/** There is a session. */
export async function resolveNeedsPerson(
  alerts: Alerts,
  { definition, account }: PlatformService,
): Promise<void> {
  await alerts.resolve(SESSION_NEEDS_PERSON, subjectOf(definition.code, account));
}
