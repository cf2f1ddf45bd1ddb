import type { BaseDefinition, Service } from '../definition/service.ts';
import type { Auth } from './strategies.ts';
import { strategyOf } from './strategies.ts';
import type { AuthenticateOptions, Authentication, StrategyDeps } from './strategy.ts';

/** A service with any strategy. */
export type AuthenticService = Service<BaseDefinition & { auth: Auth }>;

/** Step 4 of the pipeline, whatever the strategy. */
export interface Authenticator {
  /** @throws as `Strategy.authenticate`. */
  authenticate(service: AuthenticService, options: AuthenticateOptions): Promise<Authentication>;
  /** Redis key for the guard to read along; `undefined`: the strategy shares nothing. */
  generationKey(service: AuthenticService): string | undefined;
}

export function createAuthenticator(deps: StrategyDeps): Authenticator {
  return {
    authenticate: (service, options) =>
      strategyOf(service.definition.auth).authenticate(service, options, deps),
    generationKey: ({ definition }) => strategyOf(definition.auth).generationKey?.(definition),
  };
}

/** For requests that carry what proves them already: a captcha solver's account is in its body. */
export const unauthenticated: Authenticator = {
  authenticate: async () => ({ headers: {} }),
  generationKey: () => undefined,
};

/** What the service's pages are written in, where they do not say. */
export function pageCharset({ definition }: AuthenticService): string | undefined {
  return strategyOf(definition.auth).charset?.(definition.auth);
}
