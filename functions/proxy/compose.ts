import { createIdempotency } from '../../lib/calls/idempotency/create-idempotency.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { operationDeps } from '../wiring/calls.ts';
import { documents } from '../wiring/dynamodb.ts';
import { resourceNames } from '../wiring/environment.ts';
import { ledger } from '../wiring/ledger.ts';
import { log } from '../wiring/log.ts';
import { referrals } from '../wiring/referrals.ts';
import type { CallDeps } from './proxy.ts';

/** Composes the parts of `proxy`. */
export const compose = once((): CallDeps => ({
  ...operationDeps(),
  ledger: ledger(),
  referrals: referrals(),
  idempotency: createIdempotency({
    documents: documents(),
    table: resourceNames().tables.idempotency,
    clock,
    random,
    log: log(),
  }),
}));
