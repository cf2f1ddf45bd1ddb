import { nightlyCheck } from '../../lib/ledger/journal/nightly.ts';
import type { NightlyDeps } from '../../lib/ledger/journal/nightly.ts';
import { sealedBooks } from '../../lib/ledger/journal/page.ts';
import { sealBehind } from '../../lib/ledger/journal/seal-behind.ts';
import type { SealDeps } from '../../lib/ledger/journal/seal.ts';
import type { MinuteTask } from './monitor.ts';

/** For the step that is being taken when time is over. */
const STEP_MS = 10_000;

type Deps = SealDeps & NightlyDeps;

/** Seals what the stream has lost: of every book that partners have, or that has a journal. */
export const sealJournals = (deps: Deps): MinuteTask => ({
  name: 'seal-journals',
  async run({ deadline }) {
    const books = new Set([...(await deps.books()), ...(await sealedBooks(deps))]);
    for (const book of books) await sealBehind(deps, book, deadline.at - STEP_MS);
  },
});

/** Once a night, every invariant of every book, in as many minutes as that takes. */
export const checkLedger = (deps: Deps): MinuteTask => ({
  name: 'check-ledger',
  async run({ deadline }) {
    await nightlyCheck(deps, deadline.at - STEP_MS);
  },
});
