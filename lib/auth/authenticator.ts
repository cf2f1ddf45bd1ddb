import type { BaseDefinition, Service } from '../definition/service.ts';
import type { Auth } from './strategies.ts';
import { strategyOf } from './strategies.ts';
import type { AuthenticateOptions, Authentication, StrategyDeps } from './strategy.ts';

/** A service with any strategy. */
export type ServiceWithAuth = Service<BaseDefinition & { auth: Auth }>;

/** Step 4 of the pipeline, whatever the strategy. */
export interface Authenticator {
  /** @throws as `Strategy.authenticate`. */
  authenticate(service: ServiceWithAuth, options: AuthenticateOptions): Promise<Authentication>;
  /** Redis key for the guard to read too; `undefined`: the strategy has no shared state. */
  generationKey(service: ServiceWithAuth): string | undefined;
}

export function createAuthenticator(deps: StrategyDeps): Authenticator {
  return {
    authenticate: (service, options) =>
      strategyOf(service.definition.auth).authenticate(service, options, deps),
    generationKey: ({ definition }) => strategyOf(definition.auth).generationKey?.(definition),
  };
}

/** For requests that carry their credentials already: a captcha solver's account is in the body. */
export const unauthenticated: Authenticator = {
  authenticate: async () => ({ headers: {} }),
  generationKey: () => undefined,
};

/** Charset of the service's pages that do not name one. */
export function pageCharset({ definition }: ServiceWithAuth): string | undefined {
  return strategyOf(definition.auth).charset?.(definition.auth);
}
