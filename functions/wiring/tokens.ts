import { createTokens } from '../../lib/auth/tokens/create-tokens.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { credentials } from './credentials.ts';
import { outbound, vaultKeys } from './platforms.ts';
import { redis } from './redis.ts';
import { refusals } from './refusals.ts';

/** Tokens that calls fetch and share. */
export const tokens = once(() =>
  createTokens({
    redis: redis(),
    vaultKeys,
    credentials: credentials(),
    refusals: refusals(),
    transport: outbound().transport,
    clock,
    random,
  }),
);
