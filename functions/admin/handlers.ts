import type { ApiKeys } from '../../lib/access/api-keys.ts';
import type { People } from '../../lib/access/people/people.ts';
import type { Audited } from '../../lib/watch/audit/audited.ts';
import type { AuditStore } from '../../lib/watch/audit/append.ts';
import type { Cursors } from '../../lib/text/cursors.ts';
import type { MetricsStore } from '../../lib/watch/metrics/store.ts';
import type { Alerts, AlertStore } from '../../lib/watch/alerts/alerts.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import type { ADMIN_ROUTES } from '../../lib/api/routes/admin.ts';
import type { CanaryOf } from '../../lib/calls/canary.ts';
import type { CallLog } from '../../lib/calls/log/call-log.ts';
import type { ManualCaptchas } from '../../lib/platforms/captcha/challenges.ts';
import type { CountingCredentialStore } from '../../lib/access/credentials/create-store.ts';
import type { RefusalCounter } from '../../lib/access/credentials/refusals.ts';
import type { LoginRecorder } from '../../lib/platforms/login/recorder.ts';
import type { PastUseDeps } from '../../lib/calls/guard/past-use.ts';
import type { GuardOperator } from '../../lib/calls/guard/operator.ts';
import type { CallableService } from '../../lib/calls/definition.ts';
import type { OperationDeps } from '../../lib/calls/operation/operation.ts';
import type { ServiceCatalog, ServiceRegistry } from '../../lib/registry/registry.ts';
import type { Log } from '../../lib/vendors/log/log.ts';
import type { Revisions } from '../../lib/registry/revisions.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { Random } from '../../lib/runtime/random.ts';
import type { Journal } from '../../lib/ledger/journal/journal.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { DeadLetters } from '../../lib/ledger/settlement/dead-letters.ts';
import type { UnverifiedCount } from '../../lib/partners/unverified.ts';
import type { Deliveries } from '../../lib/partners/deliveries.ts';
import type { SweepDeps } from '../../lib/events/fan-out.ts';
import type { Channels } from '../../lib/events/channels/create-channels.ts';
import type { Deliveries as EventDeliveries } from '../../lib/events/deliveries.ts';
import type { ReplayDeps } from '../../lib/events/replay.ts';
import type { Outlets } from '../../lib/events/outlet.ts';
import type { Subscriptions } from '../../lib/events/subscriptions.ts';
import type { Replays } from '../../lib/partners/replay/replay.ts';
import type { RoundDeps } from '../../lib/watch/health/rounds.ts';
import type { SessionOperator } from '../../lib/platforms/session/operator.ts';

export interface AdminDeps {
  registry: ServiceRegistry;
  /** What services were before. */
  revisions: Revisions;
  catalog: ServiceCatalog<CallableService>;
  /** Tells every process that a definition has changed. Never rejects: without Redis it takes up to 30 s. */
  announceRevision: (code: string, revision: number) => Promise<void>;
  limits: GuardOperator;
  healthChecks: RoundDeps;
  credentials: CountingCredentialStore;
  /** Tries new credentials before they are stored. */
  canaryOf: CanaryOf;
  keys: ApiKeys;
  people: People;
  calls: CallLog;
  metrics: MetricsStore;
  pastUse: PastUseDeps;
  alertStore: AlertStore;
  alerts: Alerts;
  audit: AuditStore & { cursors: Cursors };
  /** Of this request: whatever it changes, it changes through this. */
  audited: Audited;
  manual: ManualCaptchas;
  sessionOperator: SessionOperator;
  /** What calls go through. */
  operations: () => OperationDeps;
  refusals: RefusalCounter;
  /** How often each of a service's accounts was taken. */
  accountUses: (code: string, names: string[]) => Promise<number[]>;
  logins: LoginRecorder;
  ledger: Ledger;
  journal: Journal;
  deadLetters: DeadLetters;
  deliveries: Deliveries;
  /** Of deliveries that failed through our fault. */
  replays: Replays;
  /** Webhook requests that could not be verified, of one service or of all. */
  unverified: (range: {
    service?: string | undefined;
    to: number;
    hours: number;
  }) => Promise<UnverifiedCount[]>;
  /** Who is told of what. */
  events: Omit<SweepDeps, 'recipients' | 'deliveries'> &
    Omit<ReplayDeps, 'clock'> & {
      subscriptions: Subscriptions;
      channels: Channels;
      deliveries: EventDeliveries;
      outlets: Outlets;
    };
  clock: Clock;
  random: Random;
  log: Pick<Log, 'error'>;
  /** Stage `local`, on loopback. */
  isLocal: boolean;
  /** Stores by name, each with a cheap request that rejects when it cannot be reached. */
  probes: Record<string, () => Promise<unknown>>;
}

export type AdminRoute = keyof typeof ADMIN_ROUTES;
export type AdminHandlers = Record<
  AdminRoute,
  (request: ApiRequest, deps: AdminDeps) => Promise<ApiResponse>
>;
