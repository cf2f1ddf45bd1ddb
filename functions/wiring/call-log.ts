import { createCallLog } from '../../lib/calls/log/create-call-log.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { cursors } from './cursors.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { log } from './log.ts';
import { emitMetrics } from './metrics.ts';
import { serviceCodes } from './services.ts';

export const callLog = once(() =>
  createCallLog({
    documents: documents(),
    table: resourceNames().tables.records,
    cursors: cursors(),
    clock,
    log: log(),
    services: serviceCodes,
    emit: emitMetrics(),
  }),
);
