/**
 * What is known of one endpoint. A round is one request and its repetitions; it is good or failed.
 *
 * | state     | leaves by                                                                              |
 * |-----------|----------------------------------------------------------------------------------------|
 * | `unknown` | (nothing stored) a good round → up; a failed one → down, `failures` 1                  |
 * | `up`      | a failed round → down, `failures` 1                                                    |
 * | `down`    | a failed round → down, `failures` + 1, from `alertThreshold` on alerting; a good → up  |
 */
export const HEALTH_STATES = ['up', 'down', 'unknown'] as const;

/** Kind of the alert about an endpoint; `healthSubject` is its subject. */
export const HEALTH_CHECK = 'HEALTH_CHECK';
export const healthSubject = (code: string, endpoint: string): string => `${code}/${endpoint}`;

export interface EndpointHealth {
  state: 'up' | 'down';
  /** Rounds in a row. */
  failures: number;
  /** When the last round began, which the next one is counted from; ISO 8601, UTC. */
  began: string;
  /** When it was over. */
  at: string;
  /** Of a failed one: what was wrong, for a person. */
  error?: string;
}

/** What a round came to. */
export type Outcome = { state: 'up' } | { state: 'down'; error: string };

export const afterRound = (
  before: EndpointHealth | undefined,
  outcome: Outcome,
  times: Pick<EndpointHealth, 'began' | 'at'>,
): EndpointHealth => ({
  ...outcome,
  failures: outcome.state === 'up' ? 0 : (before?.failures ?? 0) + 1,
  ...times,
});

/** A schedule is not exact to the second. */
const EARLY_MS = 1_000;

export const isDue = (health: EndpointHealth | undefined, intervalMs: number, now: number): boolean =>
  health === undefined || now >= Date.parse(health.began) + intervalMs - EARLY_MS;

export const isAlerting = ({ state, failures }: EndpointHealth, alertThreshold: number): boolean =>
  state === 'down' && failures >= alertThreshold;
