import { createLedger } from '../../lib/ledger/create-ledger.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { cursors } from './cursors.ts';
import { ledgerDocuments } from './dynamodb.ts';
import { resourceNames } from './environment.ts';

export const ledger = once(() =>
  createLedger({
    documents: ledgerDocuments(),
    table: resourceNames().tables.ledger,
    cursors: cursors(),
    clock,
    random,
  }),
);
