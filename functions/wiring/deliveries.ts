import { createDeliveries } from '../../lib/partners/deliveries.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { log } from './log.ts';
import { catalog } from './services.ts';

export const deliveries = once(() =>
  createDeliveries({
    documents: documents(),
    table: resourceNames().tables.records,
    clock,
    log: log(),
    services: async () =>
      (await catalog().list())
        .filter(({ definition }) => definition.webhook?.path)
        .map(({ definition }) => definition.code),
  }),
);
