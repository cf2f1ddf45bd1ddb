/** The lines of balances, as their index lists them, newest first. */
import { queryItems } from '../vendors/dynamodb/query-items.ts';
import type { AccountDeps } from './accounts.ts';
import { readEntry } from './items.ts';
import type { EntryRow } from './items.ts';
import { linesIndex } from './keys.ts';
import type { BalanceId } from './keys.ts';

/** Before and after every ISO time. */
export const OLDEST = '0';
export const NEWEST = '~';

export interface LinesRange {
  source: BalanceId;
  /** Sort keys, the first inclusive, the second not. */
  from: string;
  before: string;
  /** How many a query reads at a time. */
  chunk: number;
}

/** Lines of which the first has been read. */
export interface Lines<Row = EntryRow> {
  head: IteratorResult<Row, void>;
  rest: AsyncGenerator<Row, void, undefined>;
}

export async function* linesOf(
  { documents, table }: AccountDeps,
  { source, from, before, chunk }: LinesRange,
): AsyncGenerator<EntryRow, void, undefined> {
  // DynamoDB refuses a BETWEEN the wrong way round.
  if (from >= before) return;
  const { index, partition } = linesIndex(source);
  const found = queryItems(documents, {
    table,
    index,
    where: `${partition} = :source AND gsi1sk BETWEEN :from AND :before`,
    values: { ':source': source, ':from': from, ':before': before },
    descending: true,
    limit: chunk,
  });
  for await (const item of found) {
    const row = readEntry(item);
    // BETWEEN includes `before` itself.
    if (row.gsi1sk !== before) yield row;
  }
}

export const primed = async <Row>(rest: Lines<Row>['rest']): Promise<Lines<Row>> => ({
  head: await rest.next(),
  rest,
});

/** Several that are each in order, newest first or all oldest first, in one. */
export async function* merged<Row extends { gsi1sk: string }>(
  lines: Lines<Row>[],
  order: 'newest first' | 'oldest first' = 'newest first',
): AsyncGenerator<Row, void, undefined> {
  const open = lines.map((each) => ({ ...each }));
  const precedes = (a: Row, b: Row) => (order === 'newest first' ? a.gsi1sk > b.gsi1sk : a.gsi1sk < b.gsi1sk);
  for (;;) {
    let next: { row: Row; of: Lines<Row> } | undefined;
    for (const of of open) {
      if (of.head.done) continue;
      const row = of.head.value;
      if (!next || precedes(row, next.row)) next = { row, of };
    }
    if (!next) return;
    yield next.row;
    next.of.head = await next.of.rest.next();
  }
}

export async function isListed(
  { documents, table }: AccountDeps,
  source: BalanceId,
  lastTransfer: string,
): Promise<boolean> {
  const { index, partition } = linesIndex(source);
  const { items } = await documents.query({
    table,
    index,
    where: `${partition} = :source AND gsi1sk = :last`,
    values: { ':source': source, ':last': lastTransfer },
    limit: 1,
  });
  return items.length > 0;
}
