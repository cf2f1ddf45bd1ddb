/** Health of a service as people see it, and a round that a person asks for. */
import type { Deadline } from '../../runtime/clock.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import { askEndpoints, recordRound } from './rounds.ts';
import type { RoundDeps } from './rounds.ts';
import { nothingKnown, withRound } from './service-health.ts';
import type { ServiceHealth } from './service-health.ts';
import type { HealthChecks } from './watched.ts';

export interface HealthView {
  endpoints: Record<string, EndpointView>;
}

export interface EndpointView extends Pick<EndpointHealth, 'failures' | 'error'> {
  state: EndpointHealth['state'] | 'unknown';
  /** `null`: it was never asked. */
  at: string | null;
}

/** For writing down what was seen, milliseconds. */
const RECORD_MS = 2_000;

/**
 * One round of each endpoint, which counts as one of the monitor's. Of a service that is switched off it shows what it
 * has seen, and keeps nothing: nobody is to be told of it.
 */
export async function checkNow(
  checks: HealthChecks,
  deadline: Deadline,
  deps: RoundDeps,
): Promise<HealthView> {
  const { code, endpoints } = checks;
  const now = () => new Date(deps.clock.now()).toISOString();
  const began = now();
  const outcomes = await askEndpoints(checks, endpoints, { at: deadline.at - RECORD_MS }, deps);
  const round = { began, at: now(), outcomes };
  if (checks.isSwitchedOff) return viewOf(checks, withRound(nothingKnown(code), round));
  const read = await deps.health.read(code);
  return viewOf(checks, outcomes.size === 0 ? read : await recordRound(checks, read, round, deps));
}

export const showHealth = async (
  checks: HealthChecks,
  { health }: Pick<RoundDeps, 'health'>,
): Promise<HealthView> =>
  viewOf(checks, checks.isSwitchedOff ? nothingKnown(checks.code) : await health.read(checks.code));

const viewOf = ({ endpoints }: HealthChecks, health: ServiceHealth): HealthView => ({
  endpoints: Object.fromEntries(
    endpoints.map(({ name }) => [name, endpointView(health.endpoints.get(name))]),
  ),
});

function endpointView(health: EndpointHealth | undefined): EndpointView {
  if (!health) return { state: 'unknown', failures: 0, at: null };
  const { state, failures, at, error } = health;
  return omitUndefined({ state, failures, at, error });
}
