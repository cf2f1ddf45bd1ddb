/** What the monitor does every minute. */
import pMap from 'p-map';
import type { Deadline } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { forgetGone } from './forget-gone.ts';
import type { ForgetDeps } from './forget-gone.ts';
import { askEndpoints, recordRound } from './rounds.ts';
import type { RoundDeps } from './rounds.ts';
import { dueEndpoints, leased, nothingKnown, waitingSince } from './service-health.ts';
import type { ServiceHealth } from './service-health.ts';
import { checksOf } from './watched.ts';
import type { Endpoint, HealthChecks } from './watched.ts';

export interface CheckDueDeps extends RoundDeps, ForgetDeps {
  random: Pick<Random, 'uuid'>;
}

/** Services whose endpoints are asked at the same time. */
const AT_ONCE = 10;
/** For writing down what was seen, milliseconds. */
const RECORD_MS = 5_000;

/**
 * Asks every endpoint that is due, those first that have waited longest. What does not fit before the deadline waits for the
 * next minute; so does what another monitor is asking.
 * @throws Error naming services for which the store failed; the others are checked all the same.
 */
export async function checkDue(deadline: Deadline, deps: CheckDueDeps): Promise<void> {
  // The run's time, not that of each request: those that wait for others are due again with the same run.
  const now = deps.clock.now();
  const [services, stored] = await Promise.all([deps.catalog.list(), deps.health.all()]);
  const checks = services.map(({ definition }) => checksOf(definition));
  const left = await forgetGone(checks, stored, deps);
  const known = new Map(left.map((health) => [health.code, health]));
  const due = checks
    .map((one) => dueOf(one, known.get(one.code) ?? nothingKnown(one.code), now))
    .filter(({ endpoints }) => endpoints.length > 0)
    .sort((a, b) => (a.since < b.since ? -1 : Number(a.since > b.since)));
  const failed: { code: string; cause: unknown }[] = [];
  await pMap(
    due,
    (one) =>
      check(one, now, deadline, deps).catch(
        (cause: unknown) => void failed.push({ code: one.checks.code, cause }),
      ),
    { concurrency: AT_ONCE },
  );
  if (failed.length === 0) return;
  const codes = failed.map(({ code }) => code).join(', ');
  throw new Error(`Health was not checked, or not written down, of ${codes}.`, { cause: failed[0]!.cause });
}

interface Due {
  checks: HealthChecks;
  health: ServiceHealth;
  endpoints: Endpoint[];
  since: string;
}

function dueOf(checks: HealthChecks, health: ServiceHealth, now: number): Due {
  const endpoints = dueEndpoints(checks, health, now);
  return { checks, health, endpoints, since: waitingSince(health, endpoints) };
}

async function check(
  { checks, health, endpoints }: Due,
  now: number,
  deadline: Deadline,
  deps: CheckDueDeps,
): Promise<void> {
  const until = deadline.at - RECORD_MS;
  if (deps.clock.now() >= until) return;
  const by = deps.random.uuid();
  const taken = await deps.health.replace(health, leased(health, { by, until: deadline.at }));
  // Another monitor's, or a person has just had it checked.
  if (!taken) return;
  const outcomes = await askEndpoints(checks, endpoints, { at: until }, deps);
  const at = new Date(deps.clock.now()).toISOString();
  await recordRound(checks, taken, { began: new Date(now).toISOString(), at, outcomes, by }, deps);
}
