/** The functions `proxy` and `keepalive`, as functions/wiring and their compose.ts have them. */
import { createRefusalCounter } from '../../../lib/access/credentials/refusals.ts';
import { statusOf } from '../../../lib/api/problem.ts';
import { createAuthenticator, unauthenticated } from '../../../lib/auth/authenticator.ts';
import { createTokens } from '../../../lib/auth/tokens/create-tokens.ts';
import { createAccountChoice } from '../../../lib/calls/accounts/account-choice.ts';
import { createAnswerCache } from '../../../lib/calls/cache/answer-cache.ts';
import { createGuard } from '../../../lib/calls/guard/create-guard.ts';
import { createIdempotency } from '../../../lib/calls/idempotency/create-idempotency.ts';
import { createCallLog } from '../../../lib/calls/log/create-call-log.ts';
import type { OperationDeps } from '../../../lib/calls/operation/operation.ts';
import { createSolverTransport } from '../../../lib/calls/solver-call.ts';
import { createHitRates } from '../../../lib/platforms/captcha/hit-rate.ts';
import { createCaptchaSolvers } from '../../../lib/platforms/captcha/solvers.ts';
import { createLoginRunner } from '../../../lib/platforms/login/login-runner.ts';
import { createOneTimeCodes } from '../../../lib/platforms/login/one-time-codes.ts';
import { createLoginRecorder } from '../../../lib/platforms/login/recorder.ts';
import { createSessions } from '../../../lib/platforms/session/create-sessions.ts';
import { recordedAsKeepalive } from '../../../lib/platforms/session/keepalive.ts';
import type { Sessions } from '../../../lib/platforms/session/sessions.ts';
import { parseStoredDefinition } from '../../../lib/registry/validation.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import type { Transport } from '../../../lib/vendors/http/transport.ts';
import { deriveKeys } from '../../../lib/vendors/secrets/derived-keys.ts';
import { catalogOf, log } from './parts.ts';
import type { Parts } from './parts.ts';
import { NAMES } from './stage.ts';

export interface Outside {
  transport: Transport;
  /** Invokes `keepalive` somewhere in the fleet. */
  startInBackground: (service: string) => Promise<void>;
}

export function proxyOf(parts: Parts, { transport, startInBackground }: Outside) {
  const { documents, redis, credentials, alerts, cursors, secrets } = parts;
  const { records, idempotency } = NAMES.tables;
  const common = { documents, table: records, cursors, clock, log };
  const catalog = catalogOf(parts, parseStoredDefinition);
  const outbound = {
    catalog,
    guard: createGuard({ redis, clock, random }),
    calls: createCallLog(common),
    transport,
    clock,
    random,
    failureStatus: statusOf,
  };
  const accountsOf = (authenticator: Parameters<typeof createAccountChoice>[0]['authenticator']) =>
    createAccountChoice({ authenticator, clock, random });
  const solverTransport = createSolverTransport({
    ...outbound,
    authenticator: unauthenticated,
    accounts: accountsOf(unauthenticated),
  });
  const solvers = createCaptchaSolvers({
    catalog,
    solverTransport,
    credentials,
    redis,
    alerts,
    clock,
    random,
  });
  const vaultKeys = () => deriveKeys(secrets, NAMES.secrets.sessionKey, 'session');
  const sessions = createSessions({
    redis,
    vaultKeys,
    login: createLoginRunner({
      transport,
      credentials,
      solvers,
      questions: solvers.questions,
      recorder: createLoginRecorder(common),
      hitRates: createHitRates({ redis, clock }),
      oneTimeCodes: createOneTimeCodes(redis),
      clock,
      random,
    }),
    credentials,
    alerts,
    clock,
    random,
    startInBackground,
  });
  const refusals = createRefusalCounter({ redis, credentials, alerts, clock, random });
  const tokens = createTokens({ redis, vaultKeys, credentials, refusals, transport, clock, random });
  const operationDeps = (shared: Sessions): OperationDeps => {
    const authenticator = createAuthenticator({
      credentials,
      sessions: shared,
      refusals,
      tokens,
      clock,
      random,
    });
    const accounts = accountsOf(authenticator);
    return { ...outbound, credentials, cache: createAnswerCache({ redis }), authenticator, accounts };
  };
  return {
    calls: {
      ...operationDeps(sessions),
      idempotency: createIdempotency({ documents, table: idempotency, clock, random, log }),
    },
    keepalive: {
      catalog,
      sessions,
      alerts,
      clock,
      log,
      operationDeps: operationDeps(recordedAsKeepalive(sessions)),
    },
  };
}
