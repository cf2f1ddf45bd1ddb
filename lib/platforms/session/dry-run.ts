import { GatewayError } from '../../runtime/errors.ts';
import { storeJar } from '../cookies/jar.ts';
import type { LoginInput, LoginResult, LoginStep } from '../login/login.ts';
import { markOf } from '../../access/credentials/credentials.ts';
import { subjectOf } from '../../definition/account.ts';
import type { PlatformService } from '../definition.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { countsAsRefusal } from '../login/login-error.ts';
import { alertLockout, lockedOut, resolveLoginAlerts } from './lockout.ts';
import { requireLogin } from './needs-person.ts';
import type { FleetDeps } from './session-request.ts';

/** A login's records and refunds may take this much longer than its deadline. */
export const LEASE_SLACK_MS = 10_000;

export interface DryRunOptions {
  deadline: Deadline;
  /** Called with each step as it happens, redacted. */
  onStep: (step: LoginStep) => void;
}

export type DryRunDeps = Omit<FleetDeps, 'startInBackground'>;

/**
 * Walks the recipe, `refresh` included, and stores nothing. To the platform it is a login like any other: it is refused while
 * logins are locked out, its refusals count toward the lockout, and getting in starts the count anew. One at
 * a time per service, under its own lock: callers' logins and dry runs do not wait for each other, so one form
 * more than the limit may be under way. Needs Redis: without its count no dry run is made.
 *
 * Rejects as `LoginRunner.run`, and with `AUTHENTICATION_FAILED` while locked out, `LOGIN_IN_PROGRESS` while
 * another dry run is under way, `STORE_UNAVAILABLE`.
 */
export function createDryRun(deps: DryRunDeps) {
  const { store, memory, login: runner, credentials, alerts, clock, random } = deps;

  return async function dryRun(
    service: PlatformService,
    { deadline, onStep }: DryRunOptions,
  ): Promise<LoginResult['loginInfo']> {
    const { refresh } = requireLogin(service);
    const { keys } = memory.at(service);
    const owner = random.uuid();
    const credentialVersion = await claim(service, owner, deadline);
    const end = (verdict: 'refused' | 'in' | 'other') => {
      const { lockout } = service.definition.auth;
      return store.endDryRun(keys, { owner, verdict, now: clock.now(), credentialVersion, lockout });
    };
    try {
      const input: LoginInput = { service, trigger: 'dry-run', deadline, onStep };
      const result = await runner.run(input);
      await end('in').catch(() => undefined);
      await resolveLoginAlerts(alerts, service);
      if (refresh) await tryRefresh(input, result);
      return result.loginInfo;
    } catch (error) {
      const refused = countsAsRefusal(error);
      const counted = await end(refused ? 'refused' : 'other').catch(() => undefined);
      const now = clock.now();
      if (!refused || !counted || counted.lockedUntil <= now) throw error;
      await alertLockout(alerts, service, counted.refusals, counted.lockedUntil - now);
      throw lockedOut(subjectOf(service.definition.code, service.account), counted.lockedUntil - now, now);
    }
  };

  /** Renews what the login gave, to show whether that works: where it does not, renewals are whole logins. */
  async function tryRefresh(input: LoginInput, { jar, values }: LoginResult): Promise<void> {
    // Its step tells what went wrong.
    await runner.refresh(input, { jar: storeJar(jar, clock.now()), values }).catch(() => undefined);
  }

  /** Answers the version of the credentials that will be tried. */
  async function claim(service: PlatformService, owner: string, deadline: Deadline): Promise<string> {
    const { code } = service.definition;
    const subject = subjectOf(code, service.account);
    const { keys } = memory.at(service);
    for (let known: string | undefined; ;) {
      const version = markOf(await credentials.current(code, service.account));
      const now = clock.now();
      const leaseMs = remaining(deadline, clock) + LEASE_SLACK_MS;
      const answer = await store.beginDryRun(keys, { owner, leaseMs, credentialVersion: version, now });
      if (answer.kind === 'go') return version;
      if (answer.kind === 'busy') {
        throw new GatewayError('LOGIN_IN_PROGRESS', `A dry run of ${subject}'s login is under way.`, {
          retryAfterSeconds: Math.min(10, Math.ceil(answer.forMs / 1_000)),
        });
      }
      // The credentials may have been replaced since this process read them.
      if (version === known) throw lockedOut(subject, answer.forMs, now);
      known = version;
      credentials.forget(code);
    }
  }
}
