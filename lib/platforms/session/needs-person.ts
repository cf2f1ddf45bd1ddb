/** Sessions that only a person can open (SPEC 5): no login is described, or the login asks and nobody answered. */
import { GatewayError } from '../../runtime/errors.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import type { Login, PlatformDefinition } from '../definition.ts';

/** Kind of the alert that is up until somebody has opened a session; also the code that callers get. */
export const SESSION_NEEDS_PERSON = 'SESSION_NEEDS_PERSON';

/** Not `retryable`: a program that tries again would only wait for a person, who may come tomorrow. */
export function needsPerson({ code }: PlatformDefinition): GatewayError {
  return new GatewayError(
    SESSION_NEEDS_PERSON,
    `${code} has no live session and describes no login: a person has to log in with a browser, ` +
      `then \`gatehouse session import ${code}\`.`,
  );
}

/** @throws GatewayError `SESSION_NEEDS_PERSON` when there is none. */
export function requireLogin(definition: PlatformDefinition): Login {
  const { login } = definition.auth;
  if (login) return login;
  throw needsPerson(definition);
}

export async function alertNeedsPerson(
  alerts: Alerts,
  { code }: PlatformDefinition,
  why = 'has no live session and describes no login',
): Promise<void> {
  await alerts.raise({
    kind: SESSION_NEEDS_PERSON,
    subject: code,
    severity: 'critical',
    summary: `${code} ${why}: a person has to log in.`,
  });
}
