import { holds } from '../definition/predicate/predicate.ts';
import { strategy } from './strategy.ts';
import type { Authentication, StrategyDeps } from './strategy.ts';
import { OAuth2Auth } from './tokens/definition.ts';
import type { OAuth2Service } from './tokens/definition.ts';
import type { AcquiredToken } from './tokens/tokens.ts';

/** RFC 6749: a token that the whole fleet shares, as it does a session. */
export const oauth2 = strategy({
  schema: OAuth2Auth,
  async authenticate(service, options, deps) {
    return authentication(service, await deps.tokens.acquire(service, options), options.operation, deps);
  },
  // The first use of a refresh token may be its last.
  usesUp: ({ grant }) => grant === 'refresh_token',
  addresses: ({ tokenUrl }) => ({ tokenUrl }),
});

function authentication(
  service: OAuth2Service,
  { token, origin }: AcquiredToken,
  operation: string,
  deps: Pick<StrategyDeps, 'tokens'>,
): Authentication {
  return {
    headers: { authorization: `Bearer ${token.accessToken}` },
    secrets: [...token.secrets, token.accessToken],
    origin,
    isExpired: (answer) => holds(service.definition.auth.refused, answer),
    renew: async ({ deadline }) => {
      const renewed = await deps.tokens.renew(service, token, { deadline, operation });
      return renewed && authentication(service, renewed, operation, deps);
    },
    renewedInVain: () => deps.tokens.renewedInVain(service, operation),
  };
}
