import type { LoginTrigger } from '../login/login.ts';
import type { PlatformService } from '../definition.ts';
import type { Deadline } from '../../runtime/clock.ts';

/** The logged-in state with a platform, as a call uses it. Immutable; cookies are computed once per generation. */
export interface LiveSession {
  /** `"<login counter>.<cookie revision>"`: what the guard's round trip reports for comparison. */
  generation: string;
  /** The `Cookie` header for an absolute URL; `undefined` when no cookie matches. */
  cookieHeader(url: string): string | undefined;
  /** The cookies of that header, those of the longest path first (RFC 6265 5.4). */
  cookies(url: string): readonly (readonly [name: string, value: string])[];
  /** What is stored beside cookies: `{{session.x}}`. */
  values: Readonly<Record<string, unknown>>;
  /** Of the credentials that logged in, and of headers that a person gave: a platform may give them back. */
  secrets: readonly string[];
  /** Rendered `sessionHeaders`, and what a person gave beside them; those whose cookie is absent are left out. Lower-case names. */
  headers: Record<string, string>;
}

/**
 * What `x-gatehouse-session` says. `login`: this call logged in. `renewed`: its session had ended and this
 * call logged in, or the platform refused the call and it was sent again on a newer session. `reused`:
 * everything else, also a session that the call waited for.
 */
export type SessionOrigin = 'reused' | 'renewed' | 'login';

export interface AcquiredSession {
  session: LiveSession;
  origin: SessionOrigin;
}

export interface AcquireOptions {
  deadline: Deadline;
  /** What the guard's round trip just read; `undefined`: the guard did not read (no quota, no breaker). */
  storedGeneration?: string | null | undefined;
  /** The trigger recorded for a login made for this call; `call` by default. */
  trigger?: LoginTrigger;
}

export interface RenewOptions {
  deadline: Deadline;
  /** What the platform refused; `SESSION_EXPIRED` while logins for it are known to be in vain. */
  operation?: string | undefined;
  /** The trigger recorded for a login made for this call; `expired` by default. */
  trigger?: LoginTrigger;
}

/**
 * One session per service, of one with several accounts one per account, shared by the fleet. Rejects with `LOGIN_IN_PROGRESS` (a login is running and
 * the caller's deadline is too near), `CAPTCHA_FAILED`, `AUTHENTICATION_FAILED` (also while locked out, with
 * `retryAfterSeconds`), `SESSION_NEEDS_PERSON`, `CONFIGURATION_ERROR`, `PLATFORM_UNAVAILABLE`, `STORE_UNAVAILABLE`; `renew` with
 * `SESSION_EXPIRED` too.
 */
export interface Sessions {
  acquire(service: PlatformService, options: AcquireOptions): Promise<AcquiredSession>;
  /** The platform refused `rejected`: take a newer session or log in, once for the whole fleet. */
  renew(service: PlatformService, rejected: LiveSession, options: RenewOptions): Promise<AcquiredSession>;
  /** It refused this operation on the renewed session too: no login for it for 1 min, at repeats up to 10. Never throws. */
  renewedInVain(service: PlatformService, operation: string): Promise<void>;
  /** An answer brought new values for `{{session.x}}`: the session with them, for the whole fleet. */
  learn(
    service: PlatformService,
    session: LiveSession,
    values: Record<string, unknown>,
  ): Promise<LiveSession>;
  /** An answer set cookies: keep those that changed something. Never throws. */
  observe(service: PlatformService, session: LiveSession, url: string, setCookies: string[]): Promise<void>;
}
