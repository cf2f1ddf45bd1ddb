/** The journal, and what `monitor` does for it, as its compose.ts has it. */
import { checkLedger, sealJournals } from '../../../functions/monitor/journals.ts';
import { createJournal } from '../../../lib/ledger/journal/journal.ts';
import { parsePartnerDefinition } from '../../../lib/partners/definition.ts';
import { bookNames } from '../../../lib/partners/money.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { catalogOf, log } from './parts.ts';
import type { Parts } from './parts.ts';
import { NAMES } from './stage.ts';

export function journalsOf(parts: Parts) {
  const { documents, ledger, alerts, cursors } = parts;
  const deps = { documents, table: NAMES.tables.ledger, ledger, alerts, clock, random };
  const catalog = catalogOf(parts, parsePartnerDefinition);
  const minutely = { ...deps, log, books: () => bookNames(catalog) };
  return {
    journal: createJournal({ ...deps, cursors }),
    minutely: [sealJournals(minutely), checkLedger(minutely)],
  };
}
