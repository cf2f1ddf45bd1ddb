import { createRefusalCounter } from '../../lib/access/credentials/refusals.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { alerts } from './alerts.ts';
import { credentials } from './credentials.ts';
import { redis } from './redis.ts';

/** Credentials that third parties refuse. */
export const refusals = once(() =>
  createRefusalCounter({ redis: redis(), credentials: credentials(), alerts: alerts(), clock, random }),
);
