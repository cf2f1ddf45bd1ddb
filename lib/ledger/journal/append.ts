/** Writes pages: one transaction of the page and the head, so that the chain has no branches. */
import { TransactionCancelled } from '../../vendors/dynamodb/documents.ts';
import type { TransactItem } from '../../vendors/dynamodb/documents.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { backOff } from '../contention.ts';
import type { Patience } from '../contention.ts';
import { corruptRow } from '../items.ts';
import { headKey } from '../keys.ts';
import type { SealedEntry } from './entry.ts';
import {
  NOTHING_BEFORE,
  PAGE_ENTRIES,
  headItem,
  newestPages,
  pageHash,
  pageItem,
  periodOf,
  readHead,
  sealedIn,
} from './page.ts';
import type { Head, JournalPage, JournalStore } from './page.ts';

/** What comes twice mostly comes soon: so many pages are looked at. Later it is sealed again, which harms nothing. */
const TAIL = 10;
/** How long after its time was closed a transfer may turn up: streams and indexes may be late. */
export const LATE_MS = 10 * 60_000;
/** How often the head and its page are read before it is believed that they contradict each other. */
const LOOKS = 5;

/** The end of a book's journal. */
interface End {
  head: Head | undefined;
  /** Ids in the newest pages. */
  recent: Set<string>;
}

/**
 * Seals what the newest pages do not have.
 * @returns how many entries were written.
 * @throws `INTERNAL` where head and pages contradict each other; `STORE_UNAVAILABLE` past the deadline.
 */
export async function append(
  store: JournalStore,
  book: string,
  entries: SealedEntry[],
  patience: Patience,
): Promise<number> {
  let pending = inOrder(entries);
  let end: End | undefined;
  let known: Set<string> | undefined;
  let written = 0;
  for (let tries = 1; ; tries++) {
    end ??= await readEnd(store, book, patience);
    const { head, recent } = end;
    known ??= await knownOfClosed(store, book, pending, head);
    pending = pending.filter(({ id }) => !recent.has(id) && !known!.has(id));
    const [first] = pending;
    if (!first) return written;
    const sealedAt = new Date(patience.clock.now()).toISOString();
    const ofPeriod = pending.filter(({ at }) => periodOf(at) === periodOf(first.at));
    const page = nextPage(book, head, ofPeriod.slice(0, PAGE_ENTRIES), sealedAt);
    try {
      await store.documents.transact(writing(store.table, page, head));
      written += page.entries.length;
      tries = 0;
      end = {
        head: headAfter(page, head),
        recent: new Set([...recent, ...page.entries.map(({ id }) => id)]),
      };
    } catch (error) {
      const lost = error instanceof TransactionCancelled && error.fault === undefined;
      if (!lost && !isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      end = undefined;
      await backOff(patience, tries, error);
    }
  }
}

/** Oldest first, each once. */
function inOrder(entries: SealedEntry[]): SealedEntry[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return [...byId.values()].toSorted((a, b) => (a.at + a.id < b.at + b.id ? -1 : 1));
}

async function readEnd(store: JournalStore, book: string, patience: Patience): Promise<End> {
  let last: Head | undefined;
  for (let looks = 1; ; looks++) {
    const head = await readHead(store, book);
    const pages = await newestPages(store, book, TAIL);
    const [newest] = pages;
    // Between the two readings somebody may have sealed.
    if (newest?.n === head?.n && newest?.hash === head?.hash) {
      return { head, recent: new Set(pages.flatMap(({ entries }) => entries.map(({ id }) => id))) };
    }
    if (looks >= LOOKS && last?.hash === head?.hash) throw corruptRow(String(headKey(book)['pk']), 'HEAD');
    last = head;
    await backOff(patience, looks, undefined);
  }
}

/** Of what settled in a time that is closed: which of it was sealed then. */
async function knownOfClosed(
  store: JournalStore,
  book: string,
  entries: SealedEntry[],
  head: Head | undefined,
): Promise<Set<string>> {
  const late = entries.filter(({ at }) => isLate(at, head?.closedUpTo));
  const periods = [...new Set(late.map(({ at }) => periodOf(at)))];
  const sealed = await Promise.all(periods.map((period) => sealedIn(store, book, period)));
  return new Set(sealed.flatMap((ids) => [...ids]));
}

/** Did it turn up when everything of its time had been sealed for long? */
export const isLate = (at: string, closedUpTo: string | undefined): boolean =>
  closedUpTo !== undefined && at < new Date(Date.parse(closedUpTo) - LATE_MS).toISOString();

function nextPage(
  book: string,
  head: Head | undefined,
  entries: SealedEntry[],
  sealedAt: string,
): JournalPage {
  const content = omitUndefined({
    book,
    n: (head?.n ?? 0) + 1,
    previous: head?.hash ?? NOTHING_BEFORE,
    sealedAt,
    closedUpTo: head?.closedUpTo,
    entries,
  });
  return { ...content, hash: pageHash(content) };
}

const headAfter = ({ n, hash, sealedAt, entries }: JournalPage, head: Head | undefined): Head => ({
  ...head,
  n,
  hash,
  sealedAt,
  entries: (head?.entries ?? 0) + entries.length,
});

const NEW = 'attribute_not_exists(pk)';

function writing(table: string, page: JournalPage, head: Head | undefined): TransactItem[] {
  const put = { Put: { TableName: table, Item: pageItem(page), ConditionExpression: NEW } };
  const next = headAfter(page, head);
  if (!head) {
    return [put, { Put: { TableName: table, Item: headItem(page.book, next), ConditionExpression: NEW } }];
  }
  // `closedUpTo` is left as it is: it may have moved since.
  const moving = {
    Update: {
      TableName: table,
      Key: headKey(page.book),
      UpdateExpression: 'SET n = :n, #hash = :hash, sealedAt = :at, entries = :entries',
      ConditionExpression: 'n = :from AND #hash = :previous',
      ExpressionAttributeNames: { '#hash': 'hash' },
      ExpressionAttributeValues: {
        ':n': next.n,
        ':hash': next.hash,
        ':at': next.sealedAt,
        ':entries': next.entries,
        ':from': head.n,
        ':previous': head.hash,
      },
    },
  };
  return [put, moving];
}
