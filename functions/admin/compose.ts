import { createRevisions } from '../../lib/registry/revisions.ts';
import { createServiceRegistry } from '../../lib/registry/store.ts';
import { createDeadLetters } from '../../lib/ledger/settlement/dead-letters.ts';
import { createReplays } from '../../lib/partners/replay/replay.ts';
import { listUnverified } from '../../lib/partners/unverified.ts';
import { createGuardOperator } from '../../lib/calls/guard/operator.ts';
import { announceRevision } from '../../lib/calls/guard/revision-marker.ts';
import { readAccountUses } from '../../lib/calls/guard/account-uses.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { alerts, alertStore } from '../wiring/alerts.ts';
import { apiKeys } from '../wiring/api-keys.ts';
import { callLog } from '../wiring/call-log.ts';
import { operationDeps } from '../wiring/calls.ts';
import { canaries } from '../wiring/canaries.ts';
import { channels } from '../wiring/channels.ts';
import { credentials } from '../wiring/credentials.ts';
import { webhookCodes } from '../wiring/deliveries.ts';
import { documents } from '../wiring/dynamodb.ts';
import { config, resourceNames } from '../wiring/environment.ts';
import { journal } from '../wiring/journal.ts';
import { deliveryWaking } from '../wiring/delivery-waking.ts';
import { healthChecks } from '../wiring/health-checks.ts';
import { ledger } from '../wiring/ledger.ts';
import { log } from '../wiring/log.ts';
import { cursors } from '../wiring/cursors.ts';
import { loginRecorder, outbound, sessions, solvers } from '../wiring/platforms.ts';
import { metricsStore } from '../wiring/metrics-store.ts';
import { people } from '../wiring/people.ts';
import { outletsOver } from '../wiring/outlets.ts';
import { partnerRequests } from '../wiring/partner-requests.ts';
import { probes } from '../wiring/probes.ts';
import { redis } from '../wiring/redis.ts';
import { refusals } from '../wiring/refusals.ts';
import { subscriptions } from '../wiring/subscriptions.ts';
import { reportUnreadable } from '../wiring/registry-table.ts';
import { catalog } from '../wiring/services.ts';
import type { AdminDeps } from './handlers.ts';

/** Composes the parts of `admin`. */
export const compose = once((): Omit<AdminDeps, 'audited'> => {
  const names = resourceNames();
  const partners = partnerRequests(catalog());
  return {
    registry: createServiceRegistry({
      documents: documents(),
      names,
      isLocal: config().isLocal,
      clock,
      report: reportUnreadable,
      currencyOf: (book) => ledger().currencyOf(book),
    }),
    revisions: createRevisions({
      documents: documents(),
      table: names.tables.registry,
      cursors: cursors(),
    }),
    catalog: catalog(),
    announceRevision: (code, revision) =>
      announceRevision(redis(), code, revision).catch((error: unknown) =>
        log().warn('A changed definition was not announced: it takes up to 30 s.', { code, revision, error }),
      ),
    limits: createGuardOperator({ redis: redis(), clock }),
    healthChecks: healthChecks(outbound().transport),
    credentials: credentials(),
    canaryOf: canaries(),
    keys: apiKeys(),
    people: people(),
    calls: callLog(),
    metrics: metricsStore(),
    pastUse: { documents: documents(), table: names.tables.records, metrics: metricsStore() },
    alerts: alerts(),
    alertStore: alertStore(),
    audit: {
      documents: documents(),
      table: names.tables.audit,
      cursors: cursors(),
      clock,
      random,
    },
    manual: solvers().manual,
    sessionOperator: sessions(),
    operations: () => operationDeps(),
    refusals: refusals(),
    accountUses: (code, accounts) => readAccountUses(redis(), code, accounts),
    logins: loginRecorder(),
    ledger: ledger(),
    journal: journal(),
    deadLetters: createDeadLetters({
      documents: documents(),
      table: names.tables.ledger,
      cursors: cursors(),
      clock,
    }),
    deliveries: partners.deliveries,
    replays: createReplays({ ...partners, services: () => webhookCodes(catalog()) }),
    unverified: async ({ service, ...range }) => {
      const services = service === undefined ? await webhookCodes(catalog()) : [service];
      return listUnverified(redis(), { services, ...range });
    },
    events: {
      ...deliveryWaking(),
      subscriptions: subscriptions(),
      documents: documents(),
      table: names.tables.events,
      cursors: cursors(),
      channels: channels(),
      outlets: outletsOver(outbound().transport),
    },
    clock,
    random,
    log: log(),
    isLocal: config().isLocal,
    probes: probes(),
  };
});
