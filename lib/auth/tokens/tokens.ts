import type { SessionOrigin } from '../../platforms/session/sessions.ts';
import type { Deadline } from '../../runtime/clock.ts';
import type { OAuth2Service } from './definition.ts';

/** A token as a call uses it. */
export interface LiveToken {
  accessToken: string;
  /** Counts the tokens of a service, fleet-wide. */
  login: number;
  /** Of the credentials it was got with: somebody may give them back. */
  secrets: readonly string[];
}

export interface AcquiredToken {
  token: LiveToken;
  /** `login`, `renewed`: this call has fetched it. */
  origin: SessionOrigin;
}

/**
 * One token per service, shared by the fleet as a session is. Rejects with `AUTHENTICATION_FAILED` (the token endpoint
 * refused the credentials, or has too often), `PLATFORM_UNAVAILABLE`, `PLATFORM_BUSY`, `LOGIN_IN_PROGRESS` (the
 * deadline is too near), `CONFIGURATION_ERROR`, `STORE_UNAVAILABLE`.
 */
export interface Tokens {
  acquire(service: OAuth2Service, options: { deadline: Deadline }): Promise<AcquiredToken>;
  /** The API refused `rejected`. `undefined`: new tokens have not helped this operation lately. */
  renew(
    service: OAuth2Service,
    rejected: LiveToken,
    options: { deadline: Deadline; operation: string },
  ): Promise<AcquiredToken | undefined>;
  /** It refused the new one too. Never rejects. */
  renewedInVain(service: OAuth2Service, operation: string): Promise<void>;
}
