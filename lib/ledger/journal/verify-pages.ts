/** The chain of a book's pages against itself, its head, and the rows that it seals. */
import { isGatewayError } from '../../runtime/errors.ts';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import { isHouse } from '../account-id.ts';
import { readTransfer } from '../items.ts';
import { PAST_PAGES, entrySort, headKey, idOfText, pageKey } from '../keys.ts';
import { isLate } from './append.ts';
import { entryOf } from './entry.ts';
import type { SealedEntry } from './entry.ts';
import { pageHash, readHead, readPage } from './page.ts';
import type { JournalPage, JournalStore } from './page.ts';
import { rowsById } from './settled-rows.ts';
import type { Position, Step, Until, Violation } from './verification.ts';

/** Pages read at a time. */
const CHUNK = 20;
/** How far the clocks of those who settle and of those who seal may be apart. */
const CLOCKS_APART_MS = 5 * 60_000;

/** Until the chain and the head meet. Pages that are written meanwhile are read, too. */
export async function verifyPages(
  store: JournalStore,
  book: string,
  position: Position,
  isOver: Until,
): Promise<Step> {
  const violations: Violation[] = [];
  let at = position;
  let reached = 0;
  for (;;) {
    for await (const item of pagesAfter(store, book, at.n)) {
      const found = await checkPage(store, book, item, at);
      violations.push(...found.violations);
      at = { ...at, ...found.read };
      if (isOver(violations)) return { violations, position: at };
    }
    const end = await checkHead(store, book, at);
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
  store: JournalStore,
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
  violations.push(...(await checkEntries(store, page)));
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

async function checkEntries(store: JournalStore, page: JournalPage): Promise<Violation[]> {
  const rows = await rowsById(store, page.entries);
  return page.entries.flatMap((entry) => {
    const faults = faultsOf(entry, rows.get(entry.id), page);
    return faults.map((what) => ({ ...idOfText(entry.id), what }));
  });
}

function faultsOf(
  entry: SealedEntry,
  row: Item | undefined,
  { n, sealedAt, closedUpTo }: JournalPage,
): string[] {
  if (!row) return [`was sealed in page ${n}, and its row is gone`];
  const faults: string[] = [];
  if (isLate(entry.at, closedUpTo))
    faults.push(`says that it settled at ${entry.at}, but turned up when that time had long been sealed`);
  if (Date.parse(entry.at) > Date.parse(sealedAt) + CLOCKS_APART_MS)
    faults.push(`says that it settled at ${entry.at}, but was sealed before, at ${sealedAt}`);
  try {
    if (entryOf(row).hash !== entry.hash) faults.push(`was changed after it was sealed in page ${n}`);
    else if (!isListed(row)) faults.push('is not listed in the statements of its accounts as it was written');
  } catch (error) {
    if (!isGatewayError(error, 'INTERNAL')) throw error;
    faults.push(`was changed after it was sealed in page ${n}: its row cannot be read`);
  }
  return faults;
}

/** Do its index keys say what it says? */
function isListed(row: Item): boolean {
  const { transfer } = readTransfer(row);
  const { from, to, settledAt = '' } = transfer;
  const [user, house] = isHouse(from) ? [to, from] : [from, to];
  return (
    row['gsi1pk'] === user &&
    String(row['gsi2pk']).startsWith(`${house}#`) &&
    row['gsi1sk'] === entrySort(settledAt, transfer)
  );
}

interface CheckedHead {
  violations: Violation[];
  /** It speaks of pages that were not read, up to this one. */
  aheadAt?: number;
}

async function checkHead(
  store: JournalStore,
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
