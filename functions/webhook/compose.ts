import { parsePartnerDefinition } from '../../lib/partners/definition.ts';
import type { WebhookDeps } from '../../lib/partners/receive.ts';
import { createRegistrar } from '../../lib/referrals/registrar.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { alerts } from '../wiring/alerts.ts';
import { credentials } from '../wiring/credentials.ts';
import { deliveriesOf } from '../wiring/deliveries.ts';
import { ledger } from '../wiring/ledger.ts';
import { outbox } from '../wiring/outbox.ts';
import { redis } from '../wiring/redis.ts';
import { claimsOptions } from '../wiring/registrations.ts';
import { catalogOf } from '../wiring/registry-table.ts';

/** Composes `webhook`, which reads only the partner's slice of a definition. */
export const compose = once((): WebhookDeps => {
  const catalog = catalogOf(parsePartnerDefinition);
  const registrar = createRegistrar(claimsOptions(catalog));
  return {
    catalog,
    credentials: credentials(),
    redis: redis(),
    deliveries: deliveriesOf(catalog),
    ledger: ledger(),
    alerts: alerts(),
    outbox: outbox(),
    register: ({ definition }, registration) =>
      registrar.register({ service: definition.code, ...registration, source: 'webhook' }),
    clock,
    random,
  };
});
