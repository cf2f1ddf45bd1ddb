import type { StoredJar } from '../cookies/jar.ts';
import type { CookieJar } from 'tough-cookie';
import type { CredentialVersion } from '../../access/credentials/credentials.ts';
import type { PlatformService } from '../definition.ts';
import type { Deadline } from '../../runtime/clock.ts';

export type LoginTrigger =
  'call' | 'expired' | 'keepalive' | 'background' | 'operator' | 'dry-run' | 'canary';

/** JSON that is stored with a session beside its cookies: `{{session.x}}`. */
export type SessionValues = Record<string, unknown>;

export interface LoginInput {
  service: PlatformService;
  trigger: LoginTrigger;
  deadline: Deadline;
  /** To try in place of the current ones; not counted as a use. */
  candidate?: CredentialVersion;
  /** Called with each step as it happens, secrets already redacted. */
  onStep?: (step: LoginStep) => void;
}

/** One step of a recipe and what it saw: for `gatehouse login --dry-run` and the recorder. */
export interface LoginStep {
  step: 'page' | 'captcha' | 'solve' | 'ask' | 'submit' | 'redirect' | 'verdict' | 'after' | 'refresh';
  durationMs: number;
  /** Redacted: names of fields and cookies, never their values (captcha text excepted). */
  saw: Record<string, unknown>;
  error?: string;
}

export interface LoginResult {
  jar: CookieJar;
  /** What is stored with the session beside cookies: `{{session.x}}`. */
  values: SessionValues;
  /** When what the login gave ends, where it says so. */
  expiresInSeconds?: number | undefined;
  /** Which credentials version got in. */
  credentialVersionId: string;
  loginInfo: { captcha_url?: string; login_time: string; attempts: number; duration_ms: number };
}

/**
 * Walks a recipe: page, captcha, solver, questions, form, verdict, requests inside; a wrong captcha is retried up to `maxAttempts`.
 * Records every attempt. Independent of locks, stores and waiting callers.
 * Rejects with `CAPTCHA_FAILED`, `SESSION_NEEDS_PERSON` (it asked, nobody answered), `AUTHENTICATION_FAILED`, `PLATFORM_UNAVAILABLE`, `CONFIGURATION_ERROR`,
 * `DEADLINE_EXCEEDED`.
 */
export interface LoginRunner {
  run(input: LoginInput): Promise<LoginResult>;
  /**
   * `login.refresh`: a request that renews a session by what is stored with it, in place of a login. Rejects as `run`;
   * with `AUTHENTICATION_FAILED` when the platform refuses, which says nothing about the credentials.
   */
  refresh(input: LoginInput, ended: { jar: StoredJar; values: SessionValues }): Promise<LoginResult>;
}
