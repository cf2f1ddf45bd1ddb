import { heedless } from '../../lib/access/credentials/candidate.ts';
import { createCanaryLockout } from '../../lib/access/credentials/canary-lockout.ts';
import type { CredentialStore } from '../../lib/access/credentials/credentials.ts';
import { candidateTokens } from '../../lib/auth/tokens/candidate-tokens.ts';
import { createCanaries } from '../../lib/calls/canary.ts';
import type { OperationDeps } from '../../lib/calls/operation/operation.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { alerts } from './alerts.ts';
import { operationDepsWith } from './calls.ts';
import { credentials } from './credentials.ts';
import { outbound, sessions } from './platforms.ts';
import { redis } from './redis.ts';
import { refusals } from './refusals.ts';

/** What one canary call goes through: nothing of it is shared with other calls but the guard, transport and log. */
const operationsWith = (tried: CredentialStore): OperationDeps =>
  operationDepsWith({
    credentials: tried,
    sessions: sessions(),
    refusals: heedless(refusals()),
    tokens: candidateTokens({ credentials: tried, transport: outbound().transport }),
  });

export const canaries = once(() =>
  createCanaries({
    credentials: credentials(),
    operationsWith,
    logins: sessions(),
    lockout: createCanaryLockout({ redis: redis(), clock, random }),
    alerts: alerts(),
  }),
);
