import { NO_CREDENTIALS } from '../access/credentials/refusals.ts';
import type { BaseDefinition, Service } from '../definition/service.ts';
import { withRefreshOn } from './refresh-on.ts';
import { judgeOf } from './refusal.ts';
import type { RefusalRule } from './refusal.ts';
import type { Auth } from './strategies.ts';
import { strategyOf } from './strategies.ts';
import type { AuthenticateOptions, Authentication, StrategyDeps } from './strategy.ts';

type Judge = NonNullable<Authentication['judge']>;

/** A service with any strategy. */
export type ServiceWithAuth = Service<BaseDefinition & { auth: Auth }>;

/** Step 4 of the pipeline, whatever the strategy. */
export interface Authenticator {
  /** @throws as `Strategy.authenticate`. */
  authenticate(service: ServiceWithAuth, options: AuthenticateOptions): Promise<Authentication>;
  /** Redis key for the guard to read too: the session's generation, or what is known of refused credentials. */
  stateKey(service: ServiceWithAuth): string | undefined;
}

export function createAuthenticator(deps: StrategyDeps): Authenticator {
  return {
    async authenticate(service, options) {
      const { auth, code } = service.definition;
      const key = `${code} ${service.revision}`;
      return withRefreshOn(await authenticated(service, options), auth.sessionRefreshOn, key);
    },
    stateKey: (service) =>
      canBeRefused(service)
        ? deps.refusals.key(service.definition.code)
        : strategyOf(service.definition.auth).generationKey?.(service.definition),
  };

  async function authenticated(
    service: ServiceWithAuth,
    options: AuthenticateOptions,
  ): Promise<Authentication> {
    const { auth, code } = service.definition;
    const strategy = strategyOf(auth);
    if (!canBeRefused(service)) return strategy.authenticate(service, options, deps);
    const version = strategy.anonymous ? NO_CREDENTIALS : (await deps.credentials.current(code)).versionId;
    await deps.refusals.admit(code, version, options.storedState);
    const judge = judgeOf(service, version, deps);
    return judgedBy(judge, await strategy.authenticate(service, options, deps));
  }
}

/** A renewed authentication is judged as the first one was. */
function judgedBy(judge: Judge, authentication: Authentication): Authentication {
  const { renew, isInconclusive } = authentication;
  return {
    ...authentication,
    judge: async (answer) => isInconclusive?.(answer) !== true && (await judge(answer)),
    ...(renew && {
      renew: async (options) => {
        const renewed = await renew(options);
        return renewed && judgedBy(judge, renewed);
      },
    }),
  };
}

/** For requests that carry their credentials already: a captcha solver's account is in the body. */
export const unauthenticated: Authenticator = {
  authenticate: async () => ({ headers: {} }),
  stateKey: () => undefined,
};

/** A strategy with a login counts its refusals there. */
function canBeRefused(
  service: ServiceWithAuth,
): service is ServiceWithAuth & Service<BaseDefinition & { auth: RefusalRule }> {
  return 'refused' in service.definition.auth;
}

/** Charset of the service's pages that do not name one. */
export function pageCharset({ definition }: ServiceWithAuth): string | undefined {
  return strategyOf(definition.auth).charset?.(definition.auth);
}
