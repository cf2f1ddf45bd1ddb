import { createDeliveries } from '../../lib/partners/deliveries.ts';
import type { Deliveries } from '../../lib/partners/deliveries.ts';
import type { PartnerCatalog } from '../../lib/partners/definition.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { cursors } from './cursors.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { log } from './log.ts';

/** @param catalog its partners are searched when a search names no service. */
export function deliveriesOf(catalog: PartnerCatalog): Deliveries {
  return createDeliveries({
    documents: documents(),
    table: resourceNames().tables.records,
    cursors: cursors(),
    clock,
    log: log(),
    services: () => webhookCodes(catalog),
  });
}

/** Codes of the services that have a webhook. */
export const webhookCodes = async (catalog: PartnerCatalog): Promise<string[]> =>
  (await catalog.list())
    .filter(({ definition }) => definition.webhook?.path)
    .map(({ definition }) => definition.code);
