/** A partner, and us: webhooks received by the real code on real stores, with a catalog and keys that a test may change. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { CredentialVersion } from '../../../lib/access/credentials/credentials.ts';
import { createOutbox } from '../../../lib/events/outbox.ts';
import { createLedger } from '../../../lib/ledger/create-ledger.ts';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { PartnerDefinition } from '../../../lib/partners/definition.ts';
import type { Delivery } from '../../../lib/partners/deliveries.ts';
import { receive } from '../../../lib/partners/receive.ts';
import type { WebhookDeps } from '../../../lib/partners/receive.ts';
import { createKeptRequests } from '../../../lib/partners/replay/kept-requests.ts';
import type { KeptRequests } from '../../../lib/partners/replay/kept-requests.ts';
import { createRegistrar } from '../../../lib/referrals/registrar.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { createVault } from '../../../lib/vendors/secrets/vault.ts';
import type { AlertInput } from '../../../lib/watch/alerts/alerts.ts';
import { cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { seal } from '../../urs-partner.ts';
import type { Sealed } from '../../urs-partner.ts';

/** The stage's: what one process seals another one opens. */
const vaultKey = { id: 'k1', key: createSecretKey(randomBytes(32)) };

export const KEY = 'a-key-of-thirty-two-characters-!';

export interface Scene {
  stores: TestStores;
  /** What the registry holds; settings may be changed between deliveries. */
  definitions: PartnerDefinition[];
  /** As Secrets Manager has them; the process sees them once it asks again. */
  keys: CredentialVersion[];
  ledger: Ledger;
  /** What was seen: uses of keys by version, alerts, records of deliveries. */
  uses: string[];
  alerts: AlertInput[];
  records: Delivery[];
  /** Seals a payload and delivers it. */
  send(action: string, payload: object | string, to?: To): Promise<Answered>;
  /** Delivers an envelope as it is. */
  deliver(action: string, envelope: Sealed, to?: To): Promise<Answered>;
  deps: WebhookDeps & { keptRequests: KeptRequests };
}

export interface To {
  path?: string;
  /** The envelope travels in the headers. */
  inHeaders?: boolean;
  timestamp?: number;
}

export interface Answered {
  status: number;
  json: {
    success: boolean;
    code?: string;
    error?: string;
    field?: string;
    replayed?: boolean;
    data?: Record<string, unknown>;
  };
}

export const version = (versionId: string, appKey = KEY): CredentialVersion => ({
  versionId,
  values: { appKey },
});

export const partner = (
  code: string,
  path: string,
  settings: object = {},
  rest: object = {},
): PartnerDefinition =>
  PartnerDefinition.parse({
    code,
    webhook: { path, rateLimit: { limit: 1_000_000 } },
    settings: { diamondRatio: 300, ...settings },
    ...rest,
  });

/** Stores for the tests of a file, and for each of them a scene of its own. */
export function useScenes(use: (scene: Scene) => void): void {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  beforeEach(() => use(openScene(stores)));
  afterAll(() => stores.close());
}

export function openScene(stores: TestStores): Scene {
  const basics = { clock: systemClock, random: systemRandom };
  const { ledger: table, users, events, records } = stores.names.tables;
  let known: CredentialVersion[] | undefined;
  const registrar = createRegistrar({
    ...basics,
    documents: stores.documents,
    table: users,
    outbox: createOutbox({ documents: stores.documents, table: events }),
    houseAccounts: async () => [15, 16],
    report: () => undefined,
  });
  const ledger = createLedger({ ...basics, documents: stores.documents, table, cursors });
  const deps: Scene['deps'] = {
    ...basics,
    ledger,
    outbox: createOutbox({ documents: stores.documents, table: events }),
    catalog: { list: async () => scene.definitions.map((definition) => ({ definition })) },
    credentials: {
      valid: async () => (known ??= [...scene.keys]),
      forget: () => void (known = undefined),
      used: (_code, versionId) => void scene.uses.push(versionId),
    },
    redis: stores.redis,
    alerts: { raise: async (alert) => void scene.alerts.push(alert), resolve: async () => undefined },
    register: ({ definition }, registration) =>
      registrar.register({ service: definition.code, ...registration, source: 'webhook' }),
    deliveries: {
      async write(delivery, request) {
        scene.records.push(delivery);
        const kept = await request;
        if (kept) await stores.documents.transact([kept]);
      },
    },
    keptRequests: createKeptRequests({
      documents: stores.documents,
      table: records,
      vault: createVault(async () => [vaultKey], systemRandom, systemClock),
    }),
  };
  const scene: Scene = {
    stores,
    definitions: [partner('URS_PROMOTION', 'urs')],
    keys: [version('v1')],
    ledger,
    uses: [],
    alerts: [],
    records: [],
    deps,
    send: (action, payload, { timestamp, ...to } = {}) =>
      scene.deliver(action, seal(payload, KEY, timestamp === undefined ? {} : { timestamp }), to),
    async deliver(action, envelope, { path = 'urs', inHeaders = false } = {}) {
      const text = JSON.stringify(envelope);
      const { status, body } = await receive(
        {
          path,
          action,
          headers: inHeaders ? { 'x-encrypted-data': text } : { 'content-type': 'application/json' },
          body: Buffer.from(inHeaders ? '' : text),
          sourceIp: '192.0.2.1',
          requestId: 'r',
          deadline: { at: Date.now() + 20_000 },
        },
        deps,
      );
      return { status, json: JSON.parse(body) as Answered['json'] };
    },
  };
  return scene;
}
