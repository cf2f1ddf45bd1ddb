/** Which endpoints of a service are asked, and by which rules. */
import { baseOf, isSwitchedOff } from '../../definition/service.ts';
import type { WatchedDefinition } from '../definition.ts';

export interface Endpoint {
  name: string;
  url: string;
}

export interface HealthChecks {
  code: string;
  /** Nobody is to be told of it: it is asked only when somebody says so. */
  isSwitchedOff: boolean;
  /** None: nothing is checked. */
  endpoints: readonly Endpoint[];
  intervalMs: number;
  timeoutMs: number;
  /** Further requests of a round. */
  retryTimes: number;
  /** Failed rounds in a row. */
  alertThreshold: number;
}

/** Of a service that describes none, or has switched them off: checks without endpoints. */
export function checksOf(definition: WatchedDefinition): HealthChecks {
  const { healthCheck: check } = definition;
  const paths = check?.enabled === true ? Object.entries(check.endpoints) : [];
  return {
    code: definition.code,
    isSwitchedOff: isSwitchedOff(definition.status),
    endpoints: paths.map(([name, path]) => ({ name, url: baseOf(definition) + path })),
    intervalMs: (check?.intervalSeconds ?? 0) * 1_000,
    timeoutMs: (check?.timeoutSeconds ?? 0) * 1_000,
    retryTimes: check?.retryTimes ?? 0,
    alertThreshold: check?.alertThreshold ?? 1,
  };
}

/** What the monitor asks by itself. */
export const watchedEndpoints = ({ isSwitchedOff, endpoints }: HealthChecks): readonly Endpoint[] =>
  isSwitchedOff ? [] : endpoints;
