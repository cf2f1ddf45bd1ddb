import { createAuthenticator } from '../../lib/auth/authenticator.ts';
import { createAccountChoice } from '../../lib/calls/accounts/account-choice.ts';
import type { StrategyDeps } from '../../lib/auth/strategy.ts';
import { createAnswerCache } from '../../lib/calls/cache/answer-cache.ts';
import type { OperationDeps } from '../../lib/calls/operation/operation.ts';
import type { Sessions } from '../../lib/platforms/session/sessions.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { credentials } from './credentials.ts';
import { outbound, sessions } from './platforms.ts';
import { redis } from './redis.ts';
import { refusals } from './refusals.ts';
import { tokens } from './tokens.ts';

/** Dependencies of calling operations. @param shared the sessions that calls use. */
export const operationDeps = (shared: Sessions = sessions()): OperationDeps =>
  operationDepsWith({
    credentials: credentials(),
    sessions: shared,
    refusals: refusals(),
    tokens: tokens(),
  });

/** The same, authenticated by these parts. */
export function operationDepsWith(parts: Omit<StrategyDeps, 'clock' | 'random'>): OperationDeps {
  const authenticator = createAuthenticator({ ...parts, clock, random });
  return {
    ...outbound(),
    credentials: parts.credentials,
    cache: createAnswerCache({ redis: redis() }),
    authenticator,
    accounts: createAccountChoice({ authenticator, clock, random }),
  };
}
