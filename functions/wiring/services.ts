import { createServiceCatalog } from '../../lib/registry/catalog.ts';
import { createServiceReader } from '../../lib/registry/reader.ts';
import { parseStoredDefinition } from '../../lib/registry/validation.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import type { GatewayError } from '../../lib/runtime/errors.ts';
import { once } from '../../lib/runtime/once.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { log } from './log.ts';

export const reportUnreadable = (error: GatewayError) =>
  log().error('A definition in the registry cannot be read.', { error });

/** Services with all their slices, for the functions that call them. */
export const catalog = once(() =>
  createServiceCatalog(
    createServiceReader({
      documents: documents(),
      table: resourceNames().tables.registry,
      parse: parseStoredDefinition,
      report: reportUnreadable,
    }),
    clock,
  ),
);

export const serviceCodes = async () => (await catalog().list()).map(({ definition }) => definition.code);
