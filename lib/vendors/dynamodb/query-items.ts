/** Lists that are longer than one page: DynamoDB ends a page at 1 MB, or at `limit` items. */
import type { Documents, Item, Page, QueryInput } from './documents.ts';

/**
 * Every page of a query or a scan, each read when the one before has been used up:
 * `readPages(documents.scan, { table, … })`. `startKey` is where to begin, `limit` the length of one page.
 * Rejects as `read` does.
 */
export async function* readPages<Input extends { startKey?: Item }>(
  read: (input: Input) => Promise<Page>,
  input: Input,
): AsyncGenerator<Item[], void, undefined> {
  let page = await read(input);
  yield page.items;
  while (page.lastKey) {
    page = await read({ ...input, startKey: page.lastKey });
    yield page.items;
  }
}

/** Every item that a query finds, in its order; a caller that stops early reads no further page. */
export async function* queryItems(
  { query }: Pick<Documents, 'query'>,
  input: QueryInput,
): AsyncGenerator<Item, void, undefined> {
  for await (const items of readPages(query, input)) yield* items;
}

/** The same as one array: for lists that are known to be short. */
export async function queryAll({ query }: Pick<Documents, 'query'>, input: QueryInput): Promise<Item[]> {
  const found: Item[] = [];
  for await (const items of readPages(query, input)) found.push(...items);
  return found;
}
