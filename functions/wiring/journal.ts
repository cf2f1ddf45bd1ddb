import { createJournal } from '../../lib/ledger/journal/journal.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { alerts } from './alerts.ts';
import { cursors } from './cursors.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { ledger } from './ledger.ts';

export const journal = once(() =>
  createJournal({
    documents: documents(),
    table: resourceNames().tables.ledger,
    ledger: ledger(),
    alerts: alerts(),
    cursors: cursors(),
    clock,
    random,
  }),
);
