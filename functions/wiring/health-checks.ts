import { systemClock as clock } from '../../lib/runtime/clock.ts';
import type { Transport } from '../../lib/vendors/http/transport.ts';
import { createHealthStore } from '../../lib/watch/health/health-store.ts';
import type { RoundDeps } from '../../lib/watch/health/rounds.ts';
import { alerts } from './alerts.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';

/** What checks of services' health are made with. */
export const healthChecks = (transport: Transport): RoundDeps => ({
  health: createHealthStore({ documents: documents(), table: resourceNames().tables.records }),
  alerts: alerts(),
  transport,
  clock,
});
