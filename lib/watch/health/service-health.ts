/** What is stored of one service: its endpoints, and who is asking them. */
import type { EndpointHealth, Outcome } from './endpoint-health.ts';
import { afterRound, isDue } from './endpoint-health.ts';
import { watchedEndpoints } from './watched.ts';
import type { Endpoint, HealthChecks } from './watched.ts';

export interface ServiceHealth {
  code: string;
  /** Counts every write; 0: nothing is stored. */
  version: number;
  endpoints: ReadonlyMap<string, EndpointHealth>;
  /** A monitor that asks. It only saves requests: one that has died is forgotten when its time is over. */
  lease?: Lease | undefined;
}

export interface Lease {
  by: string;
  /** Milliseconds since the epoch. */
  until: number;
}

/** A round of some of a service's endpoints. An endpoint that could not be asked in time has no outcome. */
export interface Round {
  /** ISO 8601, UTC. */
  began: string;
  at: string;
  outcomes: ReadonlyMap<string, Outcome>;
  /** Whose lease ends with it. */
  by?: string;
}

export const nothingKnown = (code: string): ServiceHealth => ({ code, version: 0, endpoints: new Map() });

/** Those that nobody has asked since their interval began. None while a monitor is at it. */
export function dueEndpoints(checks: HealthChecks, health: ServiceHealth, now: number): Endpoint[] {
  if (health.lease !== undefined && health.lease.until > now) return [];
  return watchedEndpoints(checks).filter(({ name }) =>
    isDue(health.endpoints.get(name), checks.intervalMs, now),
  );
}

/** Since when the oldest of these waits; sorts before every time where one was never asked. */
export const waitingSince = ({ endpoints }: ServiceHealth, due: readonly Endpoint[]): string =>
  due.map(({ name }) => endpoints.get(name)?.began ?? '').sort()[0] ?? '';

export const leased = (health: ServiceHealth, lease: Lease): ServiceHealth => ({ ...health, lease });

export function withRound(health: ServiceHealth, { outcomes, by, ...times }: Round): ServiceHealth {
  const endpoints = new Map(health.endpoints);
  for (const [name, outcome] of outcomes)
    endpoints.set(name, afterRound(health.endpoints.get(name), outcome, times));
  return { ...health, endpoints, lease: health.lease?.by === by ? undefined : health.lease };
}

/** Names that are stored, and that nobody asks any more. */
export function goneEndpoints(checks: HealthChecks | undefined, { endpoints }: ServiceHealth): string[] {
  const asked = new Set((checks ? watchedEndpoints(checks) : []).map(({ name }) => name));
  return [...endpoints.keys()].filter((name) => !asked.has(name));
}

export const without = (health: ServiceHealth, names: readonly string[]): ServiceHealth => ({
  ...health,
  endpoints: new Map([...health.endpoints].filter(([name]) => !names.includes(name))),
});
