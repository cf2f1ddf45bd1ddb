/** The function `webhook`, as functions/webhook/compose.ts has it. */
import { createDeliveries } from '../../../lib/partners/deliveries.ts';
import { parsePartnerDefinition } from '../../../lib/partners/definition.ts';
import type { WebhookDeps } from '../../../lib/partners/receive.ts';
import { createKeptRequests } from '../../../lib/partners/replay/kept-requests.ts';
import { createRegistrar } from '../../../lib/referrals/registrar.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { deriveKeys } from '../../../lib/vendors/secrets/derived-keys.ts';
import { createVault } from '../../../lib/vendors/secrets/vault.ts';
import { catalogOf, claimsOptions, log } from './parts.ts';
import type { Parts } from './parts.ts';
import { NAMES } from './stage.ts';

export function webhookOf(parts: Parts): WebhookDeps {
  const { documents, cursors, credentials, redis, ledger, alerts, outbox, secrets } = parts;
  const keys = () => deriveKeys(secrets, NAMES.secrets.sessionKey, 'delivery');
  const catalog = catalogOf(parts, parsePartnerDefinition);
  const registrar = createRegistrar(claimsOptions(parts, catalog));
  return {
    catalog,
    credentials,
    redis,
    ledger,
    alerts,
    outbox,
    deliveries: createDeliveries({
      documents,
      table: NAMES.tables.records,
      cursors,
      clock,
      log,
      services: async () => [],
    }),
    keptRequests: createKeptRequests({
      documents,
      table: NAMES.tables.records,
      vault: createVault(keys, random, clock),
    }),
    register: ({ definition }, registration) =>
      registrar.register({ service: definition.code, ...registration, source: 'webhook' }),
    clock,
    random,
  };
}
