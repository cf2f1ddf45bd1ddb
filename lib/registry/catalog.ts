import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { createTtlCache } from '../runtime/ttl-cache.ts';
import { ServiceCode } from './definition.ts';
import type { RegisteredService } from './definition.ts';
import type { ServiceCatalog, ServiceRegistry } from './registry.ts';

const RULES = {
  /** SPEC 4. */
  freshMs: 30_000,
  /** While DynamoDB is down, what was read last serves for ten minutes ... */
  staleMs: 600_000,
  /** ... and DynamoDB is asked again every five seconds. */
  backoffMs: 5_000,
  covers: (error: unknown) => isGatewayError(error, 'STORE_UNAVAILABLE'),
};

/** The registry as calls see it: one read per service, process and 30 s, however many callers. */
export function createServiceCatalog(registry: ServiceRegistry, clock: Clock): ServiceCatalog {
  const services = createTtlCache<RegisteredService>(clock, RULES);
  const all = createTtlCache<RegisteredService[]>(clock, RULES);

  return {
    find: async (code) => {
      // A code that cannot exist is not worth a read.
      const service = ServiceCode.safeParse(code).success
        ? await services.get(code, () => registry.get(code))
        : undefined;
      if (!service) throw new GatewayError('NOT_FOUND', `There is no service ${code}.`);
      return service;
    },
    list: async () => (await all.get('*', () => registry.list())) ?? [],
    forget: (code) => {
      all.forget();
      services.forget(code);
    },
  };
}
