import type { CredentialVersion } from '../../access/credentials/credentials.ts';
import { CANDIDATE } from '../../access/credentials/candidate.ts';
import { subjectOf } from '../../definition/account.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Deadline } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { LoginResult } from '../login/login.ts';
import type { PlatformService } from '../definition.ts';
import { newDocument } from './document.ts';
import { LEASE_SLACK_MS } from './dry-run.ts';
import type { DryRunDeps } from './dry-run.ts';
import { formatGeneration } from './generation.ts';
import { resolveLoginAlerts } from './lockout.ts';
import { lifeMs } from './login-attempt.ts';
import { createTakeOver } from './take-over.ts';

/** One login with credentials that nobody uses yet, and what it brought once they are in use. */
export interface CanaryLogins {
  /**
   * Stores nothing, and leaves the count of refusals and the session in use as they are. Under the lock of dry runs: one at
   * a time per account. Rejects as `LoginRunner.run`, and with `LOGIN_IN_PROGRESS`, `STORE_UNAVAILABLE`.
   */
  tryCredentials(
    service: PlatformService,
    candidate: CredentialVersion,
    options: { deadline: Deadline },
  ): Promise<LoginResult>;
  /**
   * They are stored, so its session becomes the fleet's, and that is their first use. Calls that are under way end on the
   * one before. Rejects as `createTakeOver`.
   */
  keepLogin(service: PlatformService, result: LoginResult): Promise<void>;
}

export function createCanaryLogins(deps: DryRunDeps): CanaryLogins {
  const { store, memory, login: runner, credentials, alerts, clock, random } = deps;
  const takeOver = createTakeOver(deps);

  async function tryCredentials(
    service: PlatformService,
    candidate: CredentialVersion,
    { deadline }: { deadline: Deadline },
  ): Promise<LoginResult> {
    const { keys } = memory.at(service);
    const lease = { owner: random.uuid(), credentialVersion: CANDIDATE };
    const leaseMs = remaining(deadline, clock) + LEASE_SLACK_MS;
    const answer = await store.beginDryRun(keys, { ...lease, leaseMs, now: clock.now() });
    if (answer.kind !== 'go') {
      const subject = subjectOf(service.definition.code, service.account);
      const why = `Other credentials of ${subject} are being tried, or its login is walked through.`;
      throw new GatewayError('LOGIN_IN_PROGRESS', why, {
        retryAfterSeconds: Math.min(10, Math.ceil(answer.forMs / 1_000)),
      });
    }
    try {
      return await runner.run({ service, trigger: 'canary', deadline, candidate });
    } finally {
      const { lockout } = service.definition.auth;
      // Not as refused: the count is that of the credentials in use.
      const end = { ...lease, verdict: 'other' as const, now: clock.now(), lockout };
      await store.endDryRun(keys, end).catch(() => undefined);
    }
  }

  async function keepLogin(service: PlatformService, result: LoginResult): Promise<void> {
    await takeOver(service, (login, now) =>
      newDocument(result, {
        generation: formatGeneration({ login, revision: 0 }),
        now,
        lifeMs: lifeMs(service, result),
      }),
    );
    const { code } = service.definition;
    credentials.used(code, (await credentials.current(code, service.account)).versionId);
    await resolveLoginAlerts(alerts, service);
  }

  return { tryCredentials, keepLogin };
}
