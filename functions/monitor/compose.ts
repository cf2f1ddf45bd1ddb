import { parsePartnerDefinition } from '../../lib/partners/definition.ts';
import { bookNames } from '../../lib/partners/money.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { alerts, alertStore } from '../wiring/alerts.ts';
import { createTransport } from '../../lib/vendors/http/undici-transport.ts';
import { documents } from '../wiring/dynamodb.ts';
import { healthChecks as healthCheckParts } from '../wiring/health-checks.ts';
import { parseWatchedDefinition } from '../../lib/watch/definition.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { config, resourceNames } from '../wiring/environment.ts';
import { ledger } from '../wiring/ledger.ts';
import { log } from '../wiring/log.ts';
import { deliveryWaking } from '../wiring/delivery-waking.ts';
import { emitMetrics } from '../wiring/metrics.ts';
import { metricsStore } from '../wiring/metrics-store.ts';
import { probes } from '../wiring/probes.ts';
import { catalogOf } from '../wiring/registry-table.ts';
import { invokeSettle, settlement } from '../wiring/settlement.ts';
import { checkAudit } from './audit-chain.ts';
import { checkLedger, sealJournals } from './journals.ts';
import { dueDeliveries } from './due-deliveries.ts';
import { healthChecks } from './health-checks.ts';
import type { MinuteTask } from './monitor.ts';
import { openAlerts } from './open-alerts.ts';
import { pendingTransfers } from './pending-transfers.ts';
import { serviceMetrics } from './service-metrics.ts';
import { storeWatch } from './store-watch.ts';

/** All that is looked at every minute. */
export const compose = once((): MinuteTask[] => {
  const catalog = catalogOf(parsePartnerDefinition);
  const watched = catalogOf(parseWatchedDefinition);
  const names = resourceNames();
  const journals = {
    ...settlement(),
    documents: documents(),
    ledger: ledger(),
    log: log(),
    books: () => bookNames(catalog),
  };
  return [
    storeWatch({ probes: probes(), clock, emit: emitMetrics(), log: log() }),
    openAlerts({ alertStore: alertStore(), clock, emit: emitMetrics() }),
    pendingTransfers({
      ...settlement(),
      documents: documents(),
      alertStore: alertStore(),
      invokeSettle,
      emit: emitMetrics(),
    }),
    dueDeliveries(deliveryWaking()),
    sealJournals(journals),
    checkLedger(journals),
    checkAudit({
      documents: documents(),
      table: names.tables.audit,
      recordsTable: names.tables.records,
      alerts: alerts(),
      clock,
      log: log(),
    }),
    healthChecks({
      ...healthCheckParts(createTransport({ isLocal: config().isLocal, clock })),
      alertStore: alertStore(),
      catalog: watched,
      random,
    }),
    serviceMetrics({
      documents: documents(),
      table: names.tables.records,
      eventsTable: names.tables.events,
      metrics: metricsStore(),
      services: () => watched.list(),
      alerts: alerts(),
      alertStore: alertStore(),
      clock,
    }),
  ];
});
