/** Rounds of a service: asked, written down, told. */
import pMap from 'p-map';
import type { Deadline } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { askRound } from './ask.ts';
import type { AskDeps } from './ask.ts';
import { HEALTH_CHECK, healthSubject, isAlerting } from './endpoint-health.ts';
import type { EndpointHealth, Outcome } from './endpoint-health.ts';
import type { HealthStore } from './health-store.ts';
import { withRound } from './service-health.ts';
import type { Round, ServiceHealth } from './service-health.ts';
import type { Endpoint, HealthChecks } from './watched.ts';

export interface RoundDeps extends AskDeps {
  health: HealthStore;
  alerts: Alerts;
}

/** Endpoints of one service that are asked at the same time. */
const AT_ONCE = 10;
/** Others may write the same item meanwhile, this often. */
const MOST_RACES = 8;

/** Never rejects for what an endpoint does. One for which there was no time is left out. */
export async function askEndpoints(
  checks: HealthChecks,
  endpoints: readonly Endpoint[],
  deadline: Deadline,
  deps: AskDeps,
): Promise<Map<string, Outcome>> {
  const outcomes = await pMap(
    endpoints,
    async ({ name, url }) => [name, await askRound(url, checks, deadline, deps)] as const,
    { concurrency: AT_ONCE },
  );
  return new Map(outcomes.flatMap(([name, outcome]) => (outcome ? [[name, outcome]] : [])));
}

/**
 * Rounds that run at the same time both count.
 * @param read as it was when the round began
 * @returns what is stored now.
 */
export async function recordRound(
  checks: HealthChecks,
  read: ServiceHealth,
  round: Round,
  deps: RoundDeps,
): Promise<ServiceHealth> {
  let before = read;
  for (let races = 0; ; races++) {
    const after = await deps.health.replace(before, withRound(before, round));
    if (after) {
      await tell(checks, after, [...round.outcomes.keys()], deps);
      return after;
    }
    if (races === MOST_RACES)
      throw new GatewayError('STORE_UNAVAILABLE', `Others write the health of ${checks.code} all the time.`);
    before = await deps.health.read(checks.code);
  }
}

/** By every round anew: so an alert whose write was lost is only late. */
async function tell(
  checks: HealthChecks,
  { endpoints }: ServiceHealth,
  names: readonly string[],
  { alerts }: RoundDeps,
): Promise<void> {
  await Promise.all(
    names.map(async (endpoint) => {
      const health = endpoints.get(endpoint)!;
      const { began: _, ...shown } = health;
      const details = omitUndefined({ endpoint, ...shown });
      if (isAlerting(health, checks.alertThreshold)) await alerts.raise(alertOf(checks, details));
      else if (health.state === 'up')
        await alerts.resolve(HEALTH_CHECK, healthSubject(checks.code, endpoint), details);
    }),
  );
}

const alertOf = ({ code }: HealthChecks, details: Omit<EndpointHealth, 'began'> & { endpoint: string }) => ({
  kind: HEALTH_CHECK,
  subject: healthSubject(code, details.endpoint),
  severity: 'critical' as const,
  summary: `${code}: ${details.endpoint} is down, failed rounds in a row: ${details.failures}. ${details.error ?? ''}`,
  details,
});
