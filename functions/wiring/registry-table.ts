import type { Service, ServiceCatalog } from '../../lib/definition/service.ts';
import { createServiceCatalog } from '../../lib/registry/catalog.ts';
import { createServiceReader } from '../../lib/registry/reader.ts';
import type { ParseDefinition } from '../../lib/registry/rows.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import type { GatewayError } from '../../lib/runtime/errors.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { log } from './log.ts';

export const reportUnreadable = (error: GatewayError) =>
  log().error('A definition in the registry cannot be read.', { error });

/** All catalogs of this process: locally one per function. */
const catalogs: Pick<ServiceCatalog, 'forget'>[] = [];

/**
 * Services with the slices that `parse` reads, so that a function bundles no more than it needs. `forget` applies to
 * all catalogs of the process: locally, a changed definition takes effect everywhere at once.
 */
export function catalogOf<D extends { code: string }>(
  parse: ParseDefinition<D>,
  options: { freshForMs?: (service: Service<D>) => number } = {},
): ServiceCatalog<Service<D>> {
  const catalog = createServiceCatalog(
    createServiceReader({
      documents: documents(),
      table: resourceNames().tables.registry,
      parse,
      report: reportUnreadable,
    }),
    clock,
    options,
  );
  catalogs.push(catalog);
  return { ...catalog, forget: (code) => catalogs.forEach((each) => each.forget(code)) };
}
