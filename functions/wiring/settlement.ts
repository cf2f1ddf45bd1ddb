/** What posts queued transfers, and what has them posted. */
import type { SettlementDeps } from '../../lib/ledger/settlement/settle-one.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { alerts } from './alerts.ts';
import { ledgerDocuments } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { invoker } from './invoker.ts';
import { log } from './log.ts';

export const settlement = once((): SettlementDeps => ({
  documents: ledgerDocuments(),
  table: resourceNames().tables.ledger,
  alerts: alerts(),
  clock,
  random,
  log: log(),
}));

/** Has `settle` look at what is due. */
export const invokeSettle = () => invoker().invokeAsync(resourceNames().functions.settle, {});
