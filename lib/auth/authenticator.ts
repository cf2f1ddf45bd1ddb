import { markOf, ONE_ACCOUNT } from '../access/credentials/credentials.ts';
import type { AccountList } from '../access/credentials/credentials.ts';
import { NO_CREDENTIALS } from '../access/credentials/refusals.ts';
import { subjectOf } from '../definition/account.ts';
import type { AccountService, BaseDefinition } from '../definition/service.ts';
import { withRefreshOn } from './refresh-on.ts';
import { judgeOf } from './refusal.ts';
import type { RefusalRule } from './refusal.ts';
import type { Auth } from './strategies.ts';
import { oneAccountBecause, strategyOf } from './strategies.ts';
import type { AuthenticateOptions, Authentication, StrategyDeps } from './strategy.ts';

type Judge = NonNullable<Authentication['judge']>;

/** A service with any strategy. */
export type ServiceWithAuth = AccountService<BaseDefinition & { auth: Auth }>;

/** Step 4 of the pipeline, whatever the strategy. */
export interface Authenticator {
  /** @throws as `Strategy.authenticate`. */
  authenticate(service: ServiceWithAuth, options: AuthenticateOptions): Promise<Authentication>;
  /** The accounts that a call can take. Rejects as `CredentialStore.accounts`. */
  accounts(service: ServiceWithAuth): Promise<AccountList>;
  /** Redis key for the guard to read too: the session's generation, or what is known of refused credentials. */
  stateKey(service: ServiceWithAuth): string | undefined;
  /**
   * Redis keys by which the guard sees whether an account is fit: its refusals (`mark|count|untilMs`), and where it has
   * a session that which shows whether it can serve.
   */
  fitnessKeys(service: ServiceWithAuth, account: string): string[];
}

export function createAuthenticator(deps: StrategyDeps): Authenticator {
  const refusalKey = ({ definition, account }: ServiceWithAuth) =>
    deps.refusals.key(subjectOf(definition.code, account));
  return {
    authenticate,
    async accounts({ definition }) {
      if (oneAccountBecause(definition.auth) !== undefined) return ONE_ACCOUNT;
      return deps.credentials.accounts(definition.code);
    },
    stateKey: (service) =>
      canBeRefused(service)
        ? refusalKey(service)
        : strategyOf(service.definition.auth).generationKey?.(service.definition, service.account),
    fitnessKeys: (service, account) =>
      canBeRefused(service)
        ? [refusalKey({ ...service, account })]
        : (strategyOf(service.definition.auth).fitnessKeys?.(service.definition, account) ?? []),
  };

  async function authenticate(
    service: ServiceWithAuth,
    options: AuthenticateOptions,
  ): Promise<Authentication> {
    const { definition, account, revision } = service;
    const key = `${subjectOf(definition.code, account)} ${revision}`;
    return withRefreshOn(await authenticated(service, options), definition.auth.sessionRefreshOn, key);
  }

  async function authenticated(
    service: ServiceWithAuth,
    options: AuthenticateOptions,
  ): Promise<Authentication> {
    const { definition, account } = service;
    const { auth, code } = definition;
    const strategy = strategyOf(auth);
    if (!canBeRefused(service)) return strategy.authenticate(service, options, deps);
    const version = strategy.anonymous
      ? NO_CREDENTIALS
      : markOf(await deps.credentials.current(code, account));
    await deps.refusals.admit(subjectOf(code, account), version, options.storedState);
    const judge = judgeOf(service, version, deps);
    const judged = judgedBy(judge, await strategy.authenticate(service, options, deps));
    if (strategy.anonymous) return judged;
    return withReplaced(judged, async () => {
      // After the refusal they are read anew: another process may have stored others in the last minute.
      const current = await deps.credentials.current(code, account).catch(() => undefined);
      return current && markOf(current) !== version ? authenticate(service, options) : undefined;
    });
  }
}

function withReplaced(
  authentication: Authentication,
  replaced: NonNullable<Authentication['replaced']>,
): Authentication {
  const { renew } = authentication;
  return {
    ...authentication,
    replaced,
    ...(renew && {
      renew: async (options) => {
        const renewed = await renew(options);
        return renewed && withReplaced(renewed, replaced);
      },
    }),
  };
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
  accounts: async () => ONE_ACCOUNT,
  stateKey: () => undefined,
  fitnessKeys: () => [],
};

/** A strategy with a login counts its refusals there. */
function canBeRefused(
  service: ServiceWithAuth,
): service is ServiceWithAuth & AccountService<BaseDefinition & { auth: RefusalRule }> {
  return 'refused' in service.definition.auth;
}

/** Charset of the service's pages that do not name one. */
export function pageCharset({ definition }: ServiceWithAuth): string | undefined {
  return strategyOf(definition.auth).charset?.(definition.auth);
}
