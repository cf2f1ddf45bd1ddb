/** Pages of the journal and its head, as they are stored. Each page holds the hash of the one before it. */
import * as z from 'zod';
import type { Documents, Item } from '../../vendors/dynamodb/documents.ts';
import { queryAll, queryItems } from '../../vendors/dynamodb/query-items.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { parse } from '../items.ts';
import {
  FIRST_PAGE,
  HEADS,
  INDEX,
  PAST_PAGES,
  headKey,
  pageKey,
  sealedPartition,
  sealedSort,
} from '../keys.ts';
import { sha256 } from './entry.ts';
import type { SealedEntry } from './entry.ts';

/** An entry has at most 0.7 KB: a page stays far below the 400 KB of an item. */
export const PAGE_ENTRIES = 100;
/** Pages read at a time. */
const CHUNK = 20;
/** What the first page continues. */
export const NOTHING_BEFORE = '';

export interface PageContent {
  book: string;
  /** From 1 on. */
  n: number;
  /** Hash of page `n - 1`. */
  previous: string;
  sealedAt: string;
  /** When it was sealed, everything that settled before this had been. */
  closedUpTo?: string;
  /** Of transfers that settled within the same period. */
  entries: SealedEntry[];
}
export interface JournalPage extends PageContent {
  hash: string;
}

/** Where a book's journal ends. */
export interface Head {
  n: number;
  hash: string;
  /** Of all pages together. */
  entries: number;
  sealedAt: string;
  closedUpTo?: string;
}

export interface JournalStore {
  documents: Documents;
  table: string;
}

const PageItem = z.object({
  n: StoredNumber,
  previous: z.string(),
  sealedAt: z.string(),
  closedUpTo: z.iso.datetime().optional(),
  entries: z.array(z.object({ id: z.string(), at: z.string(), hash: z.string() })),
  hash: z.string(),
});
const HeadItem = z.object({
  n: StoredNumber,
  hash: z.string(),
  entries: StoredNumber,
  sealedAt: z.string(),
  closedUpTo: z.iso.datetime().optional(),
});

/** Ten minutes, as the beginning of an ISO time: `2026-11-21T04:1`. */
export const periodOf = (at: string): string => at.slice(0, 15);

export function pageHash({ book, n, previous, sealedAt, closedUpTo, entries }: PageContent): string {
  const rows = entries.map(({ id, at, hash }) => [id, at, hash]);
  return sha256(JSON.stringify([book, n, previous, sealedAt, closedUpTo ?? null, rows]));
}

export function pageItem({ book, ...page }: JournalPage): Item {
  const period = periodOf(page.entries[0]?.at ?? '');
  return {
    ...pageKey(book, page.n),
    ...page,
    gsi1pk: sealedPartition(book),
    gsi1sk: sealedSort(period, page.n),
  };
}

/** @throws `INTERNAL`, naming the row. */
export const readPage = (book: string, item: Item): JournalPage =>
  omitUndefined({ book, ...parse(PageItem, item) });

export const headItem = (book: string, head: Head): Item => ({
  ...headKey(book),
  ...head,
  gsi1pk: HEADS,
  gsi1sk: book,
});

/** @returns `undefined` where nothing was ever sealed. @throws `INTERNAL`, naming a head that cannot be read. */
export async function readHead({ documents, table }: JournalStore, book: string): Promise<Head | undefined> {
  const item = await documents.get(table, headKey(book), { consistent: true });
  return item && omitUndefined(parse(HeadItem, item));
}

/** The newest pages, newest first. @throws `INTERNAL`, naming a page that cannot be read. */
export async function newestPages(
  { documents, table }: JournalStore,
  book: string,
  limit: number,
): Promise<JournalPage[]> {
  const { items } = await documents.query({
    table,
    where: 'pk = :pk AND sk BETWEEN :first AND :past',
    values: { ':pk': headKey(book)['pk'], ':first': FIRST_PAGE, ':past': PAST_PAGES },
    descending: true,
    consistent: true,
    limit,
  });
  return items.map((item) => readPage(book, item));
}

/**
 * Ids of what was sealed of the transfers that settled within a period, as the index lists its pages: a new one a moment
 * late. A page that cannot be read seals nothing.
 */
export async function sealedIn(
  { documents, table }: JournalStore,
  book: string,
  period: string,
): Promise<Set<string>> {
  const listed = await queryAll(documents, {
    table,
    index: INDEX,
    where: 'gsi1pk = :pages AND begins_with(gsi1sk, :period)',
    values: { ':pages': sealedPartition(book), ':period': `${period}#` },
  });
  const keys = listed.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
  const pages = keys.length > 0 ? await documents.batchGet(table, keys, { consistent: true }) : [];
  return new Set(
    pages.flatMap((item) => {
      const { success, data } = PageItem.safeParse(item);
      return success ? data.entries.map(({ id }) => id) : [];
    }),
  );
}

/** Ids of what was sealed since, an ISO time. A page that cannot be read seals nothing. */
export async function sealedSince(
  { documents, table }: JournalStore,
  book: string,
  since: string,
): Promise<Set<string>> {
  const ids = new Set<string>();
  const pages = queryItems(documents, {
    table,
    where: 'pk = :pk AND sk BETWEEN :first AND :past',
    values: { ':pk': headKey(book)['pk'], ':first': FIRST_PAGE, ':past': PAST_PAGES },
    descending: true,
    consistent: true,
    limit: CHUNK,
  });
  for await (const item of pages) {
    const { data: page } = PageItem.safeParse(item);
    if (page && page.sealedAt < since) break;
    for (const { id } of page?.entries ?? []) ids.add(id);
  }
  return ids;
}

/** The books that have a journal. */
export async function sealedBooks({ documents, table }: JournalStore): Promise<string[]> {
  const heads = await queryAll(documents, {
    table,
    index: INDEX,
    where: 'gsi1pk = :heads',
    values: { ':heads': HEADS },
  });
  return heads.map((item) => String(item['gsi1sk']));
}
