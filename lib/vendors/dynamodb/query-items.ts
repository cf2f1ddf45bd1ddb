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

/** Items of several queries, each in the order of `sort` (ascending), as one list in that order. */
export async function* mergedItems(
  documents: Pick<Documents, 'query'>,
  queries: readonly QueryInput[],
  sort: string,
): AsyncGenerator<Item, void, undefined> {
  const lists = queries.map((input) => queryItems(documents, input));
  const heads = await Promise.all(lists.map((list) => list.next()));
  for (;;) {
    let first: number | undefined;
    let least = '';
    for (const [at, head] of heads.entries()) {
      if (head.done) continue;
      const key = String(head.value[sort]);
      if (first === undefined || key < least) [first, least] = [at, key];
    }
    if (first === undefined) return;
    yield heads[first]!.value as Item;
    heads[first] = await lists[first]!.next();
  }
}
