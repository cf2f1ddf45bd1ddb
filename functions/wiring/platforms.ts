/** Sessions with platforms: login, and sharing a session with the fleet. */
import { statusOf } from '../../lib/api/problem.ts';
import { unauthenticated } from '../../lib/auth/authenticator.ts';
import { createAccountChoice } from '../../lib/calls/accounts/account-choice.ts';
import { createGuard } from '../../lib/calls/guard/create-guard.ts';
import { createSolverTransport } from '../../lib/calls/solver-call.ts';
import { createHitRates } from '../../lib/platforms/captcha/hit-rate.ts';
import { createCaptchaSolvers } from '../../lib/platforms/captcha/solvers.ts';
import { createOneTimeCodes } from '../../lib/platforms/login/one-time-codes.ts';
import { createLoginRunner } from '../../lib/platforms/login/login-runner.ts';
import { createLoginRecorder } from '../../lib/platforms/login/recorder.ts';
import { createSessions } from '../../lib/platforms/session/create-sessions.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { createTransport } from '../../lib/vendors/http/undici-transport.ts';
import { deriveKeys } from '../../lib/vendors/secrets/derived-keys.ts';
import { alerts } from './alerts.ts';
import { callLog } from './call-log.ts';
import { credentials } from './credentials.ts';
import { cursors } from './cursors.ts';
import { documents } from './dynamodb.ts';
import { config, resourceNames } from './environment.ts';
import { invoker } from './invoker.ts';
import { redis } from './redis.ts';
import { secrets } from './secrets.ts';
import { catalog } from './services.ts';

/** What every outbound call goes through. */
export const outbound = once(() => ({
  catalog: catalog(),
  guard: createGuard({ redis: redis(), clock, random, ...(config().isLocal ? { budgetMs: 2_000 } : {}) }),
  calls: callLog(),
  transport: createTransport({ isLocal: config().isLocal, clock }),
  clock,
  random,
  failureStatus: statusOf,
}));

export const solvers = once(() =>
  createCaptchaSolvers({
    catalog: catalog(),
    solverTransport: createSolverTransport({
      ...outbound(),
      authenticator: unauthenticated,
      accounts: createAccountChoice({ authenticator: unauthenticated, clock, random }),
    }),
    credentials: credentials(),
    redis: redis(),
    alerts: alerts(),
    clock,
    random,
  }),
);

export const loginRecorder = once(() =>
  createLoginRecorder({
    documents: documents(),
    table: resourceNames().tables.records,
    cursors: cursors(),
    clock,
  }),
);

/** What sessions, and tokens, are encrypted with at rest. */
export const vaultKeys = () => deriveKeys(secrets(), resourceNames().secrets.sessionKey, 'session');

export const sessions = once(() =>
  createSessions({
    redis: redis(),
    vaultKeys,
    login: createLoginRunner({
      transport: outbound().transport,
      credentials: credentials(),
      solvers: solvers(),
      questions: solvers().questions,
      recorder: loginRecorder(),
      hitRates: createHitRates({ redis: redis(), clock }),
      oneTimeCodes: createOneTimeCodes(redis()),
      clock,
      random,
    }),
    credentials: credentials(),
    alerts: alerts(),
    clock,
    random,
    startInBackground: (service, account) =>
      invoker().invokeAsync(resourceNames().functions.keepalive, { service, account }),
  }),
);
