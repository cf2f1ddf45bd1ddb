/** The chain of a book's pages against itself, its head, and the rows that it seals. */
import type { Clock } from '../../runtime/clock.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import { PAST_PAGES, headKey, idOfText, pageKey } from '../keys.ts';
import { pageHash, readHead, readPage } from './page.ts';
import type { JournalPage, JournalStore } from './page.ts';
import { CLOCKS_APART_MS, faultsOfSealed } from './row-faults.ts';
import { rowsById } from './settled-rows.ts';
import type { Position, Step, Until, Violation } from './verification.ts';
import { reversalFaults } from './verify-reversals.ts';
import type { ReversalDeps } from './verify-reversals.ts';

/** Pages read at a time. */
const CHUNK = 20;

/** Until the chain and the head meet. Pages that are written meanwhile are read, too. */
export async function verifyPages(
  deps: ReversalDeps,
  book: string,
  position: Position,
  isOver: Until,
): Promise<Step> {
  const violations: Violation[] = [];
  let at = position;
  let reached = 0;
  for (;;) {
    for await (const item of pagesAfter(deps, book, at.n)) {
      const found = await checkPage(deps, book, item, at);
      violations.push(...found.violations);
      at = { ...at, ...found.read };
      if (isOver(violations)) return { violations, position: at };
    }
    const end = await checkHead(deps, book, at);
    // It may have moved since. The pages that it speaks of are there then, or never were.
    if (end.aheadAt !== undefined && at.n >= reached) {
      reached = end.aheadAt;
      continue;
    }
    violations.push(...end.violations);
    return { violations, position: { ...at, part: 'rows' } };
  }
}

const pagesAfter = ({ documents, table }: JournalStore, book: string, n: number) =>
  queryItems(documents, {
    table,
    where: 'pk = :pk AND sk BETWEEN :after AND :past',
    values: {
      ':pk': headKey(book)['pk'],
      ':after': pageKey(book, n + 1)['sk'],
      ':past': PAST_PAGES,
    },
    consistent: true,
    limit: CHUNK,
  });

interface CheckedPage {
  violations: Violation[];
  read: Pick<Position, 'n' | 'hash' | 'checked'>;
}

async function checkPage(
  deps: ReversalDeps,
  book: string,
  item: Item,
  { n: last, hash, checked }: Position,
): Promise<CheckedPage> {
  const n = Number(String(item['sk']).slice('PAGE#'.length));
  const violations: Violation[] = [];
  const say = (what: string) => void violations.push({ what });
  if (n !== last + 1) say(`Page ${span(last + 1, n - 1)} of the journal is missing.`);
  const page = pageOf(book, item);
  if (!page) {
    say(`Page ${n} of the journal cannot be read.`);
    return { violations, read: { n, hash: null, checked } };
  }
  if (page.n !== n || pageHash(page) !== page.hash)
    say(`Page ${n} of the journal was changed: its hash is not that of its content.`);
  if (n === last + 1 && hash !== null && page.previous !== hash)
    say(`Page ${n} of the journal does not continue page ${last}.`);
  violations.push(...(await checkEntries(deps, page)));
  return { violations, read: { n, hash: page.hash, checked: checked + page.entries.length } };
}

const span = (first: number, last: number) => (first === last ? String(first) : `${first} to ${last}`);

function pageOf(book: string, item: Item): JournalPage | undefined {
  try {
    return readPage(book, item);
  } catch (error) {
    if (isGatewayError(error, 'INTERNAL')) return undefined;
    throw error;
  }
}

async function checkEntries(deps: ReversalDeps, page: JournalPage): Promise<Violation[]> {
  const rows = await rowsById(deps, page.entries);
  const faults = page.entries.flatMap((entry) =>
    faultsOfSealed(entry, rows.get(entry.id), page).map((what) => ({ ...idOfText(entry.id), what })),
  );
  return [...faults, ...(await reversalFaults(deps, rows))];
}

interface CheckedHead {
  violations: Violation[];
  /** It speaks of pages that were not read, up to this one. */
  aheadAt?: number;
}

async function checkHead(
  store: JournalStore & { clock: Clock },
  book: string,
  { n, hash, checked }: Position,
): Promise<CheckedHead> {
  const wrong = (what: string) => ({ violations: [{ what }] });
  let head;
  try {
    head = await readHead(store, book);
  } catch (error) {
    if (!isGatewayError(error, 'INTERNAL')) throw error;
    return wrong('The head of the journal cannot be read.');
  }
  if (head?.closedUpTo !== undefined && Date.parse(head.closedUpTo) > store.clock.now() + CLOCKS_APART_MS)
    return wrong(`The head of the journal was changed: it says that all is sealed up to ${head.closedUpTo}.`);
  if (!head) return n === 0 ? { violations: [] } : wrong('The head of the journal is gone.');
  if (head.n > n) {
    return {
      ...wrong(`The head of the journal is at page ${head.n}, the last page is ${n}.`),
      aheadAt: head.n,
    };
  }
  if (head.n < n) return wrong(`The head of the journal is at page ${head.n}, and there is a page ${n}.`);
  if (hash !== null && head.hash !== hash)
    return wrong(`The head of the journal was changed: its hash is not that of page ${n}.`);
  return head.entries === checked
    ? { violations: [] }
    : wrong(
        `The head of the journal was changed: it counts ${head.entries} entries, the pages have ${checked}.`,
      );
}
