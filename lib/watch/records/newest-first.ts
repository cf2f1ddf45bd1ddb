import type { Documents, Item, Page } from '../../vendors/dynamodb/documents.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Source } from './sources.ts';

export interface TimeRange {
  table: string;
  sources: Source[];
  /** Sort keys, `from` inclusive, `before` exclusive. */
  from: string;
  before: string;
  filter: { expression?: string; names: Record<string, string>; values: Record<string, unknown> };
  limit: number;
}

/** Reads of a page that finds nothing, before it gives the caller a cursor instead. */
const MAX_ROUNDS = 20;

/**
 * Merges several partitions, newest first. Each round reads a piece of every partition; what is newer than the
 * end of every unfinished piece is in its final order, the rest is read again by the next round.
 * @returns at most `limit` items, and the sort key before which to go on, if there may be more.
 */
export async function newestFirst(
  documents: Documents,
  range: TimeRange,
): Promise<{ items: Item[]; before?: string }> {
  const found: { sort: string; item: Item }[] = [];
  let { before } = range;
  // DynamoDB refuses a BETWEEN the wrong way round.
  if (before < range.from) return { items: [] };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const pages = await Promise.all(
      range.sources.map((source) => readPiece(documents, source, range, before)),
    );
    const ends = pages.flatMap(({ end }) => (end === undefined ? [] : [end]));
    const horizon = ends.sort().at(-1);
    const piece = pages
      .flatMap((page) => page.items)
      .filter(({ sort }) => sort < before && (horizon === undefined || sort >= horizon))
      .sort((a, b) => (a.sort < b.sort ? 1 : -1));
    found.push(...piece);
    if (found.length >= range.limit) return page(found, range.limit, horizon);
    if (horizon === undefined) return { items: found.map(({ item }) => item) };
    before = horizon;
  }
  return { items: found.map(({ item }) => item), before };
}

function page(
  found: { sort: string; item: Item }[],
  limit: number,
  horizon: string | undefined,
): { items: Item[]; before?: string } {
  const items = found.slice(0, limit).map(({ item }) => item);
  if (found.length === limit) return omitUndefined({ items, before: horizon });
  return { items, before: found[limit - 1]!.sort };
}

async function readPiece(documents: Documents, source: Source, range: TimeRange, before: string) {
  const { table, from, filter, limit } = range;
  const { partition, partitionName, sortName, index } = source;
  const page: Page = await documents.query(
    omitUndefined({
      table,
      index,
      where: `#partition = :partition AND #sort BETWEEN :from AND :before`,
      filter: filter.expression,
      names: { ...filter.names, '#partition': partitionName, '#sort': sortName },
      values: { ...filter.values, ':partition': partition, ':from': from, ':before': before },
      // BETWEEN includes `before` itself: with 2 or more every round gets further.
      limit: Math.max(25, limit + 1),
      descending: true,
    }),
  );
  const end = page.lastKey?.[sortName];
  return {
    items: page.items.map((item) => ({ sort: String(item[sortName]), item })),
    end: typeof end === 'string' ? end : undefined,
  };
}
