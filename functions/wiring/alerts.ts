import { alertEvents } from '../../lib/events/alert-events.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { createAlerts } from '../../lib/watch/alerts/create-alerts.ts';
import { cursors } from './cursors.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { log } from './log.ts';
import { outbox } from './outbox.ts';

const watch = once(() =>
  createAlerts({
    documents: documents(),
    table: resourceNames().tables.records,
    cursors: cursors(),
    clock,
    log: log(),
    telling: alertEvents(outbox(), random),
  }),
);
export const alerts = () => watch().alerts;
export const alertStore = () => watch().alertStore;
