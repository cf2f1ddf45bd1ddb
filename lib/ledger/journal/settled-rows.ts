/** The settled transfers of a book by time, as the index of houses lists them: each is in one shard of one house. */
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { queryAll, queryItems } from '../../vendors/dynamodb/query-items.ts';
import { MAIN } from '../account-id.ts';
import { HOUSE_INDEX, INDEX, bookPartition, idOfText, idText, transferIdOf, transferKey } from '../keys.ts';
import type { BalanceId } from '../keys.ts';
import { merged, primed } from '../lines.ts';
import { mayBeTransferId } from '../post-input.ts';
import { periodOf } from './page.ts';
import type { JournalStore } from './page.ts';

export interface ListedRow {
  /** `{service}#{transactionId}` */
  id: string;
  /** `{settledAt}#{service}#{transactionId}` */
  gsi1sk: string;
  /** The time in it. */
  at: string;
}

/** The shards of all houses of a book that anything ever moved through. */
export async function houseShards({ documents, table }: JournalStore, book: string): Promise<BalanceId[]> {
  const items = await queryAll(documents, {
    table,
    index: INDEX,
    where: 'gsi1pk = :book AND begins_with(gsi1sk, :houses)',
    values: { ':book': bookPartition(book), ':houses': book === MAIN ? 'house:' : `${book}:house:` },
  });
  return items.map((item) => String(item['gsi1sk']));
}

export interface TimeRange {
  /** Sort keys: the first exclusive, the second inclusive only where a row has exactly it. */
  after: string;
  before: string;
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** How many rows of a shard are read at a time. */
const CHUNK = 500;

/** Oldest first. */
export async function* settledByTime(
  store: JournalStore,
  shards: BalanceId[],
  range: TimeRange,
): AsyncGenerator<ListedRow, void, undefined> {
  const lines = shards.map((shard) => primed(rowsOf(store, shard, range)));
  yield* merged(await Promise.all(lines), 'oldest first');
}

async function* rowsOf(
  { documents, table }: JournalStore,
  shard: BalanceId,
  { after, before }: TimeRange,
): AsyncGenerator<ListedRow, void, undefined> {
  // DynamoDB refuses a BETWEEN the wrong way round.
  if (after >= before) return;
  const items = queryItems(documents, {
    table,
    index: HOUSE_INDEX,
    where: 'gsi2pk = :shard AND gsi1sk BETWEEN :after AND :before',
    values: { ':shard': shard, ':after': after, ':before': before },
    limit: CHUNK,
  });
  for await (const { pk, gsi1sk } of items) {
    const id = transferIdOf(String(pk));
    if (!id || gsi1sk === after) continue;
    const sort = String(gsi1sk);
    const at = sort.split('#', 1)[0]!;
    // Whatever else somebody has written there is no time.
    if (ISO_TIME.test(at)) yield { id: idText(id), gsi1sk: sort, at };
  }
}

/** Rows of the same ten minutes together. */
export async function* byPeriod(
  rows: AsyncIterable<ListedRow>,
): AsyncGenerator<[period: string, rows: ListedRow[]], void, undefined> {
  let group: ListedRow[] = [];
  for await (const row of rows) {
    const [first] = group;
    if (first && periodOf(first.at) !== periodOf(row.at)) {
      yield [periodOf(first.at), group];
      group = [];
    }
    group.push(row);
  }
  if (group[0]) yield [periodOf(group[0].at), group];
}

/** The rows of these transfers that there are. */
export async function rowsById(
  { documents, table }: JournalStore,
  listed: { id: string }[],
): Promise<Map<string, Item>> {
  const ids = [...new Set(listed.map(({ id }) => id))].flatMap((id) => idOfText(id) ?? []);
  const keys = ids.filter(mayBeTransferId).map(transferKey);
  const items = keys.length > 0 ? await documents.batchGet(table, keys, { consistent: true }) : [];
  return new Map(
    items.flatMap((item) => {
      const id = transferIdOf(String(item['pk']));
      return id ? [[idText(id), item] as const] : [];
    }),
  );
}
