import type { Service, ServiceCatalog } from '../../definition/service.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import { isOpen } from '../alerts/alert-state.ts';
import type { Alerts, AlertStore } from '../alerts/alerts.ts';
import { HEALTH_CHECK, healthSubject } from './endpoint-health.ts';
import type { HealthStore } from './health-store.ts';
import { goneEndpoints, nothingKnown, without } from './service-health.ts';
import type { ServiceHealth } from './service-health.ts';
import { checksOf } from './watched.ts';
import type { WatchedDefinition } from '../definition.ts';
import type { HealthChecks } from './watched.ts';

export interface ForgetDeps {
  catalog: ServiceCatalog<Service<WatchedDefinition>>;
  health: HealthStore;
  alerts: Alerts;
  alertStore: Pick<AlertStore, 'list'>;
}

/**
 * Ends alerts of endpoints that nobody asks any more: of services that are deleted or switched off, of endpoints and
 * checks that are no longer described. What is stored goes when no alert of it is open: that is the next minute.
 * @param checks of all services, which may be old by the catalog's 30 s
 * @returns what is stored now.
 */
export async function forgetGone(
  checks: readonly HealthChecks[],
  stored: readonly ServiceHealth[],
  deps: ForgetDeps,
): Promise<ServiceHealth[]> {
  const byCode = new Map(checks.map((one) => [one.code, one]));
  const seemsGone = (health: ServiceHealth) => {
    const known = byCode.get(health.code);
    return known === undefined || goneEndpoints(known, health).length > 0;
  };
  if (!stored.some(seemsGone)) return [...stored];
  const { items } = await deps.alertStore.list({ limit: 1_000 });
  const open = new Set(
    items.filter((alert) => alert.kind === HEALTH_CHECK && isOpen(alert)).map(({ subject }) => subject),
  );
  const left: ServiceHealth[] = [];
  for (const health of stored) left.push(seemsGone(health) ? await forget(health, open, deps) : health);
  return left;
}

async function forget(health: ServiceHealth, open: Set<string>, deps: ForgetDeps): Promise<ServiceHealth> {
  const current = await currentChecks(health.code, deps);
  if (current === 'unreadable') return health;
  const gone = goneEndpoints(current, health);
  const subjects = gone
    .map((name) => healthSubject(health.code, name))
    .filter((subject) => open.has(subject));
  if (subjects.length > 0) {
    await Promise.all(subjects.map((subject) => deps.alerts.resolve(HEALTH_CHECK, subject)));
    return health;
  }
  const after = without(health, gone);
  // Where somebody else has written meanwhile, it is for the next minute.
  if (after.endpoints.size > 0) return (await deps.health.replace(health, after)) ?? health;
  await deps.health.remove(health);
  return nothingKnown(health.code);
}

/** As it is now. `undefined`: the service is deleted. A definition that cannot be read says nothing. */
async function currentChecks(
  code: string,
  { catalog }: ForgetDeps,
): Promise<HealthChecks | 'unreadable' | undefined> {
  catalog.forget(code);
  try {
    return checksOf((await catalog.find(code)).definition);
  } catch (error) {
    if (isGatewayError(error, 'NOT_FOUND')) return undefined;
    if (isGatewayError(error)) return 'unreadable';
    throw error;
  }
}
