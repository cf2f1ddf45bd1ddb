/**
 * The composition root: what is made of what, once per Lambda (or once per process on a laptop). Nothing
 * here decides anything. Everything is made at first use, so that a function pays for what it uses.
 */
import { createAlerts } from '../lib/watch/alerts/create-alerts.ts';
import { statusOf } from '../lib/api/problem.ts';
import { createAnswerCache } from '../lib/calls/cache/answer-cache.ts';
import { createCallLog } from '../lib/calls/log/create-call-log.ts';
import { createHitRates } from '../lib/platforms/captcha/hit-rate.ts';
import { createCaptchaSolvers } from '../lib/platforms/captcha/solvers.ts';
import { createCredentialStore } from '../lib/access/credentials/create-store.ts';
import { createGuard } from '../lib/calls/guard/create-guard.ts';
import { createTransport } from '../lib/vendors/http/undici-transport.ts';
import { createIdempotency } from '../lib/calls/idempotency/create-idempotency.ts';
import { createInvoker } from '../lib/vendors/lambda/invoke.ts';
import { createLoginRecorder } from '../lib/platforms/login/recorder.ts';
import { createLoginRunner } from '../lib/platforms/login/login-runner.ts';
import type { OperationDeps } from '../lib/calls/operation/operation.ts';
import { solverTransport } from '../lib/calls/solver-call.ts';
import { createServiceCatalog } from '../lib/registry/catalog.ts';
import { createServiceRegistry } from '../lib/registry/store.ts';
import { systemClock as clock } from '../lib/runtime/clock.ts';
import { systemRandom as random } from '../lib/runtime/random.ts';
import { createSessions } from '../lib/platforms/session/create-sessions.ts';
import { loadVaultKeys } from '../lib/platforms/session/vault-keys.ts';
import { createLedger } from '../lib/ledger/create-ledger.ts';
import { createReferrals } from '../lib/referrals/create-referrals.ts';
import { createRegistrar } from '../lib/referrals/registrar.ts';
import type { ClaimsOptions } from '../lib/referrals/claims.ts';
import { once } from '../lib/runtime/once.ts';
import { ursUplineSource } from '../lib/calls/urs-upline-source.ts';
import { ursSettings } from '../lib/partners/urs/settings.ts';
import type { RegisteredService } from '../lib/registry/definition.ts';
import type { RegisterPayload } from '../lib/partners/urs/payloads.ts';
import { createDeliveries } from '../lib/partners/deliveries.ts';
import { access } from './access.ts';
import { config, documents, ledgerDocuments, log, resourceNames, redis, secrets } from './connections.ts';

/** The partner whose users and money these are. */
const URS = 'URS_PROMOTION';

/** Everything that `proxy`, `keepalive` and `admin` are made of. */
export const app = once(() => {
  const { isLocal, region, endpoints } = config();
  const tables = resourceNames().tables;
  const registry = createServiceRegistry({
    documents: documents(),
    names: resourceNames(),
    isLocal,
    clock,
    report: (error) => log().error('A definition in the registry cannot be read.', { error }),
  });
  const catalog = createServiceCatalog(registry, clock);
  const credentials = createCredentialStore({
    secrets: secrets(),
    redis: redis(),
    names: resourceNames(),
    clock,
  });
  const { alerts, alertStore } = createAlerts({
    documents: documents(),
    table: tables.records,
    clock,
    log: log(),
  });
  const calls = createCallLog({
    documents: documents(),
    table: tables.records,
    clock,
    log: log(),
    services: async () => (await catalog.list()).map(({ definition }) => definition.code),
    // CloudWatch reads metrics from the log; a person at a terminal would only be flooded by them.
    ...(isLocal ? {} : { emit: (line: string) => void process.stdout.write(`${line}\n`) }),
  });
  const transport = createTransport({ isLocal, clock });
  const invoker = createInvoker({ region, endpoint: endpoints.lambda });
  const logins = createLoginRecorder({ documents: documents(), table: tables.records, clock });
  const hitRates = createHitRates({ redis: redis(), clock });

  const solvers = createCaptchaSolvers({
    catalog,
    solverTransport: solverTransport(() => calling),
    credentials,
    redis: redis(),
    alerts,
    clock,
    random,
  });
  const login = createLoginRunner({
    transport,
    credentials,
    solvers,
    recorder: logins,
    hitRates,
    clock,
    random,
  });
  const sessions = createSessions({
    redis: redis(),
    vaultKeys: () => loadVaultKeys(secrets(), resourceNames().secrets.sessionKey),
    login,
    credentials,
    alerts,
    clock,
    random,
    startInBackground: (service) => invoker.invokeAsync(resourceNames().functions.keepalive, { service }),
  });
  const calling: OperationDeps = {
    catalog,
    guard: createGuard({ redis: redis(), clock, ...(isLocal ? { budgetMs: 2_000 } : {}) }),
    cache: createAnswerCache({ redis: redis() }),
    credentials,
    calls,
    sessions,
    transport,
    clock,
    random,
    failureStatus: statusOf,
  };

  /** The one service whose settings say which accounts are the house's. Not registered yet: the defaults. */
  const moneySettings = async () => {
    const service = (await catalog.list()).find(({ definition }) => definition.code === URS);
    return ursSettings(service?.definition);
  };
  const ledger = createLedger({
    documents: ledgerDocuments(),
    table: tables.ledger,
    clock,
    random,
    settings: moneySettings,
  });
  const claims: ClaimsOptions = {
    documents: documents(),
    table: tables.users,
    clock,
    random,
    houseAccounts: async (code) => {
      const service = (await catalog.list()).find(({ definition }) => definition.code === code);
      const { fundUserId, controlUserId } = ursSettings(service?.definition);
      return [Number(fundUserId), Number(controlUserId)];
    },
    report: (message, error) => log().warn(message, { error }),
  };
  const registrar = createRegistrar(claims);
  const referrals = createReferrals({
    ...claims,
    uplineSource: (service) => ursUplineSource(service, calling),
  });
  const deliveries = createDeliveries({
    documents: documents(),
    table: tables.records,
    clock,
    log: log(),
    services: async () =>
      (await catalog.list())
        .filter(({ definition }) => definition.webhook?.path)
        .map(({ definition }) => definition.code),
  });

  return {
    ...calling,
    ...access(),
    calls,
    credentials,
    sessions,
    registry,
    alerts,
    alertStore,
    login,
    logins,
    manual: solvers.manual,
    ledger,
    referrals,
    deliveries,
    redis: redis(),
    log: log(),
    register: ({ definition }: RegisteredService, { uid, superiors }: RegisterPayload) =>
      registrar.register({ service: definition.code, uid, superiors, source: 'webhook' }),
    sessionOperator: sessions,
    idempotency: createIdempotency({
      documents: documents(),
      table: tables.idempotency,
      clock,
      random,
      log: log(),
    }),
    probes: {
      dynamodb: () => documents().get(tables.registry, { pk: 'HEALTH', sk: 'HEALTH' }),
      redis: () => redis().ping(),
      secretsManager: () => secrets().getVersion(resourceNames().secrets.sessionKey, 'AWSCURRENT'),
    },
  };
});
