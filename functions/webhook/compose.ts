import type { WebhookDeps } from '../../lib/partners/receive.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { alerts } from '../wiring/alerts.ts';
import { credentials } from '../wiring/credentials.ts';
import { deliveries } from '../wiring/deliveries.ts';
import { ledger } from '../wiring/ledger.ts';
import { log } from '../wiring/log.ts';
import { redis } from '../wiring/redis.ts';
import { registrar } from '../wiring/registrations.ts';
import { catalog } from '../wiring/services.ts';

/** What `webhook` is made of. */
export const compose = once((): WebhookDeps => ({
  catalog: catalog(),
  credentials: credentials(),
  redis: redis(),
  deliveries: deliveries(),
  ledger: ledger(),
  alerts: alerts(),
  register: ({ definition }, { uid, superiors }) =>
    registrar().register({ service: definition.code, uid, superiors, source: 'webhook' }),
  clock,
  random,
  log: log(),
}));
