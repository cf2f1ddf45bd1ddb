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
export interface Lines {
  head: IteratorResult<EntryRow, void>;
  rest: AsyncGenerator<EntryRow, void, undefined>;
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

export const primed = async (rest: Lines['rest']): Promise<Lines> => ({ head: await rest.next(), rest });

/** Several that are each in order, in one. */
export async function* merged(lines: Lines[]): AsyncGenerator<EntryRow, void, undefined> {
  const open = lines.map((each) => ({ ...each }));
  for (;;) {
    let newest: { row: EntryRow; of: Lines } | undefined;
    for (const of of open) {
      if (of.head.done) continue;
      const row = of.head.value;
      if (!newest || row.gsi1sk > newest.row.gsi1sk) newest = { row, of };
    }
    if (!newest) return;
    yield newest.row;
    newest.of.head = await newest.of.rest.next();
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
