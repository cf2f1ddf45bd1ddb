/** What every function of a process is built of: as functions/wiring does it, once per simulated process. */
import { createCredentialStore } from '../../../lib/access/credentials/create-store.ts';
import { alertEvents } from '../../../lib/events/alert-events.ts';
import { createOutbox } from '../../../lib/events/outbox.ts';
import { createLedger } from '../../../lib/ledger/create-ledger.ts';
import { watchedLedger } from '../../../lib/ledger/watched-ledger.ts';
import { moneySettings, DEFAULT_MONEY } from '../../../lib/partners/settings.ts';
import type { PartnerCatalog } from '../../../lib/partners/definition.ts';
import type { ClaimsOptions } from '../../../lib/referrals/claims.ts';
import { createServiceCatalog } from '../../../lib/registry/catalog.ts';
import { createServiceReader } from '../../../lib/registry/reader.ts';
import type { ParseDefinition } from '../../../lib/registry/rows.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { createCursors } from '../../../lib/text/cursors.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { connectRedis } from '../../../lib/vendors/redis/redis.ts';
import type { Log } from '../../../lib/vendors/log/log.ts';
import { deriveKeys } from '../../../lib/vendors/secrets/derived-keys.ts';
import type { Secrets } from '../../../lib/vendors/secrets/secrets.ts';
import { createAlerts } from '../../../lib/watch/alerts/create-alerts.ts';
import { NAMES, REDIS, REGION } from './stage.ts';

export interface Parts {
  documents: ReturnType<typeof connectDocuments>;
  redis: ReturnType<typeof connectRedis>;
  credentials: ReturnType<typeof createCredentialStore>;
  cursors: ReturnType<typeof createCursors>;
  alerts: ReturnType<typeof createAlerts>['alerts'];
  alertStore: ReturnType<typeof createAlerts>['alertStore'];
  /** Without the SDK's retries: the ledger retries itself, so that it knows what was sent. */
  ledgerDocuments: ReturnType<typeof connectDocuments>;
  ledger: ReturnType<typeof watchedLedger>;
  outbox: ReturnType<typeof createOutbox>;
  secrets: Secrets;
}

const DYNAMODB = { region: REGION, endpoint: 'http://dynamodb.simulated' };
/** What is logged decides nothing. */
export const log: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => log,
};

export function createParts(secrets: Secrets): Parts {
  const documents = connectDocuments(DYNAMODB);
  const redis = connectRedis({ ...REDIS, timeoutMs: 3_000 });
  const { sessionKey } = NAMES.secrets;
  const outbox = createOutbox({ documents, table: NAMES.tables.events });
  const cursors = createCursors(() => deriveKeys(secrets, sessionKey, 'cursor'), clock);
  const { alerts, alertStore } = createAlerts({
    documents,
    table: NAMES.tables.records,
    cursors,
    clock,
    log,
    telling: alertEvents(outbox, random),
  });
  const ledgerDocuments = connectDocuments({ ...DYNAMODB, maxAttempts: 1 });
  const { ledger: table } = NAMES.tables;
  return {
    documents,
    ledgerDocuments,
    outbox,
    redis,
    cursors,
    alerts,
    alertStore,
    secrets,
    credentials: createCredentialStore({
      secrets,
      redis,
      names: NAMES,
      clock,
      fingerprintKeys: () => deriveKeys(secrets, sessionKey, 'fingerprint'),
    }),
    ledger: watchedLedger(
      createLedger({ documents: ledgerDocuments, table, cursors, clock, random }),
      alerts,
    ),
  };
}

export const catalogOf = <D extends { code: string }>({ documents }: Parts, parse: ParseDefinition<D>) =>
  createServiceCatalog(createServiceReader({ documents, table: NAMES.tables.registry, parse }), clock);

export const claimsOptions = ({ documents, outbox }: Parts, catalog: PartnerCatalog): ClaimsOptions => ({
  documents,
  table: NAMES.tables.users,
  clock,
  random,
  houseAccounts: async (code) => {
    const partner = (await catalog.list()).find(({ definition }) => definition.code === code);
    const { fundUserId, controlUserId } = partner ? moneySettings(partner.definition) : DEFAULT_MONEY;
    return [Number(fundUserId), Number(controlUserId)];
  },
  report: (message, error) => log.warn(message, { error }),
  outbox,
});
