import type { Alerts } from '../../watch/alerts/alerts.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { ErrorCode } from '../../runtime/errors.ts';
import { ONE_ACCOUNT } from '../../access/credentials/credentials.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { subjectOf } from '../../definition/account.ts';
import type { PlatformService } from '../definition.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { SessionService } from './create-sessions.ts';
import { sessionKeys } from './keys.ts';
import type { Sessions } from './sessions.ts';

export interface KeepaliveDeps {
  credentials: Pick<CredentialStore, 'accounts'>;
  sessions: Pick<SessionService, 'store' | 'renewAhead'>;
  /** The call pipeline: resolves when the operation succeeded, rejects with `GatewayError`. */
  callOperation: (service: PlatformService, operation: string, deadline: Deadline) => Promise<unknown>;
  alerts: Alerts;
  clock: Clock;
  log: { error(message: string, fields?: Record<string, unknown>): void };
  random: Pick<Random, 'uuid'>;
}

export type KeepaliveOutcome = 'kept' | 'renewed' | 'failed' | 'skipped' | 'needs-person';

/** Kind of the alert that is up after three keepalives failed in a row. */
export const KEEPALIVE_FAILED = 'KEEPALIVE_FAILED';

const FAILURES_IN_A_ROW = 3;
const FIRST_PAUSE_MS = 60_000;
/** EventBridge's minute is not exact: a little early is due. */
const toleranceOf = (intervalMs: number) => Math.min(30_000, intervalMs / 10);

/** The call was not made or not finished: says nothing about the session. */
const INCONCLUSIVE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'QUOTA_EXCEEDED',
  'CIRCUIT_OPEN',
  'DEADLINE_EXCEEDED',
  'LOGIN_IN_PROGRESS',
]);
/** The pipeline has already tried to log in, or could not: another login would not help. */
const RENEWAL_CANNOT_HELP: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SESSION_EXPIRED',
  'AUTHENTICATION_FAILED',
  'CAPTCHA_FAILED',
  'CONFIGURATION_ERROR',
  'STORE_UNAVAILABLE',
  'SERVICE_UNAVAILABLE',
  'INTERNAL',
]);

/**
 * The `keepalive` function's minute (SPEC 5): every service that is due, each of its accounts, gets its keepalive operation; when
 * that fails, a renewal; when the session nears its end, a renewal ahead of time. What is due is claimed in
 * Redis for one interval, and judged by our clock, not by the event's: an event that comes twice, in
 * parallel or hours late does nothing twice. Failures pause 60, 120, 240 s; the third raises an alert, and
 * after it the ordinary interval goes on, if it is longer; a success resolves it.
 *
 * Never rejects: a failing service does not affect the others. Answers by subject: `CODE`, or `CODE/north`.
 */
export async function keepAlive(
  { services, deadline }: { services: PlatformService[]; deadline: Deadline },
  deps: KeepaliveDeps,
): Promise<Record<string, KeepaliveOutcome>> {
  const kept = await Promise.all(services.filter(isKeptAlive).map((service) => eachAccount(service, deps)));
  const outcomes = await Promise.all(
    kept.flat().map(async (service) => {
      const subject = subjectOf(service.definition.code, service.account);
      const outcome = await keepOne(service, deadline, deps).catch((error: unknown): KeepaliveOutcome => {
        deps.log.error('A keepalive failed.', { service: subject, error });
        return 'failed';
      });
      return [subject, outcome] as const;
    }),
  );
  return Object.fromEntries(outcomes);
}

async function eachAccount(
  service: PlatformService,
  { credentials }: KeepaliveDeps,
): Promise<PlatformService[]> {
  // Unreadable credentials end no session that is there.
  const { list } = await credentials.accounts(service.definition.code).catch(() => ONE_ACCOUNT);
  return list.length === 0 ? [service] : list.map(({ name }) => ({ ...service, account: name }));
}

function isKeptAlive({ definition: { auth, status } }: PlatformService): boolean {
  return auth.keepalive !== undefined && (status === 'ACTIVE' || status === 'TESTING');
}

async function keepOne(
  service: PlatformService,
  deadline: Deadline,
  deps: KeepaliveDeps,
): Promise<KeepaliveOutcome> {
  const { store } = deps.sessions;
  const { definition, account } = service;
  const { keepalive } = definition.auth;
  const subject = subjectOf(definition.code, account);
  const keys = sessionKeys(definition, account);
  const intervalMs = keepalive!.intervalSeconds * 1_000;
  const toleranceMs = toleranceOf(intervalMs);
  const owner = deps.random.uuid();
  const claim = await store.claimKeepalive(keys, { owner, now: deps.clock.now(), intervalMs, toleranceMs });
  if (!claim.due) return 'skipped';
  try {
    const outcome = await keepOrRenew(service, keepalive!.operation, intervalMs, deadline, deps);
    if (claim.failures > 0) {
      await store.settleKeepalive(keys, deps.clock.now() + intervalMs, 0);
      await deps.alerts.resolve(KEEPALIVE_FAILED, subject);
    }
    return outcome;
  } catch (error) {
    if (isGatewayError(error, ...INCONCLUSIVE)) return 'skipped';
    // Its own alert is up.
    if (isGatewayError(error, 'SESSION_NEEDS_PERSON')) return 'needs-person';
    deps.log.error('A keepalive failed.', { service: subject, error });
    const failures = claim.failures + 1;
    const backOff = FIRST_PAUSE_MS * 2 ** (Math.min(failures, FAILURES_IN_A_ROW) - 1);
    const pause = failures <= FAILURES_IN_A_ROW ? backOff : Math.max(backOff, intervalMs);
    await store.settleKeepalive(keys, deps.clock.now() + pause, failures);
    if (failures >= FAILURES_IN_A_ROW) await alertFailure(subject, failures, error, deps.alerts);
    return 'failed';
  }
}

async function keepOrRenew(
  service: PlatformService,
  operation: string,
  intervalMs: number,
  deadline: Deadline,
  { sessions, callOperation, clock }: KeepaliveDeps,
): Promise<KeepaliveOutcome> {
  const keys = sessionKeys(service.definition, service.account);
  const hasLogin = service.definition.auth.login !== undefined;
  await sessions.store.open();
  const before = await sessions.store.current(keys);
  try {
    await callOperation(service, operation, deadline);
  } catch (error) {
    if (!hasLogin || isGatewayError(error, ...INCONCLUSIVE, ...RENEWAL_CANNOT_HELP)) throw error;
    await sessions.renewAhead(service, before?.generation.login ?? 0, { deadline, refused: true });
    return 'renewed';
  }
  const ends = before ? Date.parse(before.document.expires_at) : Number.POSITIVE_INFINITY;
  if (hasLogin && before && ends - clock.now() <= intervalMs + 60_000) {
    // If the call has renewed it already, the newer session is taken.
    await sessions.renewAhead(service, before.generation.login, { deadline, refused: false });
    return 'renewed';
  }
  return 'kept';
}

async function alertFailure(
  subject: string,
  failures: number,
  error: unknown,
  alerts: Alerts,
): Promise<void> {
  await alerts.raise({
    kind: KEEPALIVE_FAILED,
    subject,
    severity: 'warning',
    summary: `Keepalive of ${subject} failed ${failures} times in a row.`,
    details: { failures, code: isGatewayError(error) ? error.code : 'INTERNAL' },
  });
}

/** Sessions whose logins are recorded with trigger `keepalive`: tells scheduled logins from those of callers. */
export function recordedAsKeepalive(sessions: Sessions): Sessions {
  const trigger = 'keepalive';
  return {
    ...sessions,
    acquire: (service, options) => sessions.acquire(service, { ...options, trigger }),
    renew: (service, rejected, options) => sessions.renew(service, rejected, { ...options, trigger }),
  };
}
