import { ServiceCode } from '../definition/fields.ts';
import type { Service, ServiceCatalog } from '../definition/service.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { createTtlCache } from '../runtime/ttl-cache.ts';
import type { ServiceReader } from './registry.ts';

/** SPEC 4. */
const FRESH_MS = 30_000;
const RULES = {
  freshMs: FRESH_MS,
  /** While DynamoDB is down, the last value read is used for ten minutes ... */
  staleMs: 600_000,
  /** ... and DynamoDB is tried again every five seconds. */
  backoffMs: 5_000,
  covers: (error: unknown) => isGatewayError(error, 'STORE_UNAVAILABLE'),
};

/** The registry as calls see it: one read per service, process and 30 s (or `freshForMs`), however many callers. */
export function createServiceCatalog<S extends Service<object>>(
  reader: ServiceReader<S>,
  clock: Clock,
  { freshForMs = () => FRESH_MS }: { freshForMs?: (service: S) => number } = {},
): ServiceCatalog<S> {
  const services = createTtlCache<S>(clock, { ...RULES, freshMs: freshForMs });
  const all = createTtlCache<S[]>(clock, RULES);

  return {
    find: async (code, revision = 0) => {
      const read = () => services.get(code, () => reader.get(code));
      // An invalid code cannot exist: no read needed.
      let service = ServiceCode.safeParse(code).success ? await read() : undefined;
      if (service && service.revision < revision) {
        services.forget(code);
        service = await read();
      }
      if (!service) throw new GatewayError('NOT_FOUND', `Service ${code} was not found.`);
      return service;
    },
    list: async () => (await all.get('*', () => reader.list())) ?? [],
    forget: (code) => {
      all.forget();
      services.forget(code);
    },
  };
}
