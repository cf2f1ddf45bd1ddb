/** What does partners' requests, when they come and when they are replayed. */
import type { PartnerCatalog } from '../../lib/partners/definition.ts';
import type { Deliveries } from '../../lib/partners/deliveries.ts';
import type { WebhookDeps } from '../../lib/partners/receive.ts';
import { createKeptRequests } from '../../lib/partners/replay/kept-requests.ts';
import type { KeptRequests } from '../../lib/partners/replay/kept-requests.ts';
import { createRegistrar } from '../../lib/referrals/registrar.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { deriveKeys } from '../../lib/vendors/secrets/derived-keys.ts';
import { createVault } from '../../lib/vendors/secrets/vault.ts';
import { alerts } from './alerts.ts';
import { credentials } from './credentials.ts';
import { deliveriesOf } from './deliveries.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { ledger } from './ledger.ts';
import { outbox } from './outbox.ts';
import { redis } from './redis.ts';
import { claimsOptions } from './registrations.ts';
import { secrets } from './secrets.ts';

export type PartnerRequests = WebhookDeps & { deliveries: Deliveries; keptRequests: KeptRequests };

export function partnerRequests(catalog: PartnerCatalog): PartnerRequests {
  const registrar = createRegistrar(claimsOptions(catalog));
  const { tables, secrets: names } = resourceNames();
  const keys = () => deriveKeys(secrets(), names.sessionKey, 'delivery');
  return {
    catalog,
    credentials: credentials(),
    redis: redis(),
    deliveries: deliveriesOf(catalog),
    keptRequests: createKeptRequests({
      documents: documents(),
      table: tables.records,
      vault: createVault(keys, random, clock),
    }),
    ledger: ledger(),
    alerts: alerts(),
    outbox: outbox(),
    register: ({ definition }, registration) =>
      registrar.register({ service: definition.code, ...registration, source: 'webhook' }),
    clock,
    random,
  };
}
