/** The monitor's health checks on the real store, asking a real HTTP server; time goes on when the test says so. */
import { alertEvents } from '../../../lib/events/alert-events.ts';
import { createOutbox } from '../../../lib/events/outbox.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { createTransport } from '../../../lib/vendors/http/undici-transport.ts';
import { createAlerts } from '../../../lib/watch/alerts/create-alerts.ts';
import { checkDue } from '../../../lib/watch/health/check-due.ts';
import type { CheckDueDeps } from '../../../lib/watch/health/check-due.ts';
import { checkNow, showHealth } from '../../../lib/watch/health/check-now.ts';
import type { HealthView } from '../../../lib/watch/health/check-now.ts';
import { createHealthStore } from '../../../lib/watch/health/health-store.ts';
import { parseWatchedDefinition } from '../../../lib/watch/definition.ts';
import { checksOf } from '../../../lib/watch/health/watched.ts';
import { cursors } from '../../cursors.ts';
import type { TestStores } from '../../stores.ts';

const MINUTE = 60_000;
/** Of a run of the monitor, milliseconds. */
const RUN_MS = 53_000;

export interface Told {
  type: string;
  data: Record<string, unknown>;
}

export interface Scene {
  clock: Clock & { forward: (ms: number) => void };
  deps: CheckDueDeps;
  /** Puts a definition: `{endpoints}` and what else it checks by. */
  put(code: string, healthCheck: object | undefined, extra?: object): void;
  /** Its definition can no longer be read. */
  damage(code: string): void;
  remove(code: string): void;
  /** One run of the monitor. */
  run(deps?: Partial<CheckDueDeps>): Promise<void>;
  /** The monitor's next runs, one a minute. */
  minutes(count: number): Promise<void>;
  now(code: string): Promise<HealthView>;
  show(code: string): Promise<HealthView>;
  /** `firing 3`: state and count of an endpoint's alert. */
  alert(subject: string): Promise<string | undefined>;
  /** Events of services, in no order. */
  told(): Promise<Told[]>;
}

export function openScene(
  stores: TestStores,
  baseUrl: string,
  documents: Documents = stores.documents,
): Scene {
  let ahead = 0;
  const clock: Scene['clock'] = {
    now: () => Date.now() + ahead,
    sleep: async (ms) => void (ahead += ms),
    forward: (ms) => void (ahead += ms),
  };
  const { records: table, events } = stores.names.tables;
  const { alerts, alertStore } = createAlerts({
    documents: stores.documents,
    table,
    cursors,
    clock,
    log: { warn: () => undefined },
    telling: alertEvents(createOutbox({ documents: stores.documents, table: events }), random),
  });
  const definitions = new Map<string, unknown>();
  const serviceOf = (code: string) => {
    if (!definitions.has(code)) throw new GatewayError('NOT_FOUND', `${code} was not found.`);
    return {
      definition: parseWatchedDefinition(definitions.get(code)),
      revision: 1,
      createdAt: '',
      updatedAt: '',
    };
  };
  const deps: CheckDueDeps = {
    catalog: {
      list: async () =>
        [...definitions].flatMap(([code, written]) => (written === 'damaged' ? [] : serviceOf(code))),
      find: async (code) => serviceOf(code),
      forget: () => undefined,
    },
    health: createHealthStore({ documents, table }),
    alerts,
    alertStore,
    transport: createTransport({ isLocal: true, clock }),
    clock,
    random,
  };
  const scene: Scene = {
    clock,
    deps,
    put: (code, healthCheck, extra = {}) =>
      void definitions.set(code, { code, baseUrl, ...(healthCheck ? { healthCheck } : {}), ...extra }),
    damage: (code) => void definitions.set(code, 'damaged'),
    remove: (code) => void definitions.delete(code),
    run: (changed = {}) => checkDue({ at: clock.now() + RUN_MS }, { ...deps, ...changed }),
    async minutes(count) {
      for (let minute = 0; minute < count; minute++) {
        clock.forward(MINUTE);
        await scene.run();
      }
    },
    now: (code) => checkNow(checksOf(serviceOf(code).definition), { at: clock.now() + 29_000 }, deps),
    show: (code) => showHealth(checksOf(serviceOf(code).definition), deps),
    async alert(subject) {
      const { items } = await alertStore.list({ limit: 1_000 });
      const found = items.find((one) => one.kind === 'HEALTH_CHECK' && one.subject === subject);
      return found && `${found.state} ${found.count}`;
    },
    async told() {
      const { items } = await stores.documents.scan({ table: events });
      return items
        .filter(({ type }) => String(type).startsWith('service.'))
        .map(({ type, dataText }) => ({
          type: String(type),
          data: JSON.parse(String(dataText)) as Told['data'],
        }));
    },
  };
  return scene;
}
