import { createLedger } from '../../lib/ledger/create-ledger.ts';
import { watchedLedger } from '../../lib/ledger/watched-ledger.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { alerts } from './alerts.ts';
import { cursors } from './cursors.ts';
import { ledgerDocuments } from './dynamodb.ts';
import { resourceNames } from './environment.ts';

export const ledger = once(() => {
  const { ledger: table } = resourceNames().tables;
  const parts = { documents: ledgerDocuments(), table, cursors: cursors(), clock, random };
  return watchedLedger(createLedger(parts), alerts());
});
