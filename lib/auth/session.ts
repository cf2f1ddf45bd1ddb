import { holds } from '../definition/predicate/predicate.ts';
import type { Predicate } from '../definition/predicate/schema.ts';
import { placeholders } from '../definition/template/render.ts';
import { SessionAuth } from '../platforms/definition.ts';
import type { PlatformService } from '../platforms/definition.ts';
import { sessionGenerationKey, sessionKeys } from '../platforms/session/keys.ts';
import type { AcquiredSession } from '../platforms/session/sessions.ts';
import { BROWSER_USER_AGENT } from '../platforms/user-agent.ts';
import { isSecretName, isSecretValue } from '../text/redaction/names.ts';
import { strategy } from './strategy.ts';
import type { Authentication, StrategyDeps } from './strategy.ts';

/** Without `expired` in the definition, 401 means that the session has expired. */
const EXPIRED_BY_DEFAULT: Predicate = { status: 401 };

/** Cookies of a browser session, shared by the whole fleet (SPEC 5). */
export const session = strategy({
  schema: SessionAuth,
  async authenticate(service, options, deps) {
    const { deadline, operation, storedState: storedGeneration } = options;
    const acquired = await deps.sessions.acquire(service, { deadline, storedGeneration });
    return authenticationFrom(service, acquired, operation, deps);
  },
  generationKey: sessionGenerationKey,
  fitnessKeys: (definition, account) => {
    const { lockout, main, rejected, lock } = sessionKeys(definition, account);
    return [lockout, main, rejected, lock];
  },
  charset: ({ charset }) => charset,
});

function authenticationFrom(
  service: PlatformService,
  { session: live, origin }: AcquiredSession,
  operation: string,
  deps: Pick<StrategyDeps, 'sessions'>,
): Authentication {
  const expired = service.definition.auth.expired ?? EXPIRED_BY_DEFAULT;
  return {
    headers: live.headers,
    values: live.values,
    secrets: [...live.secrets, ...secretHeaders(service, live.headers), ...secretsAmong(live.values)],
    userAgent: BROWSER_USER_AGENT,
    origin,
    cookieHeader: (url) => live.cookieHeader(url),
    cookies: (url) => live.cookies(url),
    isExpired: (answer) => holds(expired, answer),
    renew: async ({ deadline }) => {
      const renewed = await deps.sessions.renew(service, live, { deadline, operation });
      return authenticationFrom(service, renewed, operation, deps);
    },
    learn: async (values) => {
      const session = await deps.sessions.learn(service, live, values);
      return authenticationFrom(service, { session, origin }, operation, deps);
    },
    renewedInVain: () => deps.sessions.renewedInVain(service, operation),
    keepCookies: (url, setCookies) => deps.sessions.observe(service, live, url, setCookies),
  };
}

/** Of what the login gave: tokens, not names and numbers that answers are about. */
const secretsAmong = (values: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string' && isSecretValue(name, value) ? [value] : [],
  );

/**
 * What the session or the credentials put into its headers. A header against forged forms is none: a caller of the
 * raw proxy reads that token in a page, to send it back.
 */
function secretHeaders({ definition }: PlatformService, headers: Record<string, string>): string[] {
  return Object.entries(definition.auth.sessionHeaders ?? {}).flatMap(([name, template]) => {
    const value = headers[name.toLowerCase()];
    const named = placeholders(template);
    const isSecret =
      named.some((one) => one.startsWith('credentials.')) || (named.length > 0 && isSecretName(name));
    return value === undefined || !isSecret || /csrf|xsrf/i.test(name)
      ? []
      : [value, ...value.split(' ').slice(1)];
  });
}
