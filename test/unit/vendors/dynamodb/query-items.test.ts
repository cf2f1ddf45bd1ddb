import { describe, expect, it } from 'vitest';
import type { Documents, Item, Page, QueryInput } from '../../../../lib/vendors/dynamodb/documents.ts';
import {
  mergedItems,
  queryAll,
  queryItems,
  readPages,
} from '../../../../lib/vendors/dynamodb/query-items.ts';

/** Pages of a table, and what each was asked for with. */
function pagesOf(...pages: number[][]) {
  const asked: QueryInput[] = [];
  const query = (input: QueryInput): Promise<Page> => {
    asked.push(input);
    const at = Number(input.startKey?.['page'] ?? 0);
    const items = pages[at]!.map((id) => ({ id }));
    return Promise.resolve(at + 1 < pages.length ? { items, lastKey: { page: at + 1 } } : { items });
  };
  return { query, asked };
}

const input: QueryInput = { table: 't', where: 'pk = :pk', values: { ':pk': 'K' }, consistent: true };

describe('a list of several pages', () => {
  it('is read to its end, an empty page in between included', async () => {
    const { query, asked } = pagesOf([1, 2], [], [3]);
    expect(await queryAll({ query }, input)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(asked).toEqual([input, { ...input, startKey: { page: 1 } }, { ...input, startKey: { page: 2 } }]);
  });

  it('begins where it is told to', async () => {
    const { query } = pagesOf([1], [2], [3]);
    expect(await queryAll({ query }, { ...input, startKey: { page: 1 } })).toEqual([{ id: 2 }, { id: 3 }]);
  });

  it('is read no further than somebody looks', async () => {
    const { query, asked } = pagesOf([1, 2], [3, 4], [5]);
    const seen: Item[] = [];
    for await (const item of queryItems({ query }, input)) {
      seen.push(item);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(asked).toHaveLength(2);
  });

  it('can be read by the page', async () => {
    const { query } = pagesOf([1], [], [2]);
    const lengths: number[] = [];
    for await (const items of readPages(query, input)) lengths.push(items.length);
    expect(lengths).toEqual([1, 0, 1]);
  });
});

describe('several queries, merged', () => {
  /** One list for each partition, in pages of two. */
  const lists = (byPartition: Record<string, string[]>) => {
    const asked: QueryInput[] = [];
    const query = (asks: QueryInput): Promise<Page> => {
      asked.push(asks);
      const all = byPartition[String(asks.values[':pk'])]!;
      const at = Number(asks.startKey?.['at'] ?? 0);
      const items = all.slice(at, at + 2).map((sk) => ({ sk }));
      return Promise.resolve(at + 2 < all.length ? { items, lastKey: { at: at + 2 } } : { items });
    };
    return { query, asked };
  };
  const queries = (...partitions: string[]): QueryInput[] =>
    partitions.map((partition) => ({ ...input, values: { ':pk': partition } }));

  async function all(documents: Pick<Documents, 'query'>, asks: QueryInput[]): Promise<unknown[]> {
    const seen: unknown[] = [];
    for await (const item of mergedItems(documents, asks, 'sk')) seen.push(item['sk']);
    return seen;
  }

  it('are one list in the order of the sort key, each item once', async () => {
    const { query } = lists({ a: ['1', '4', '5', '9'], b: ['2', '2', '3'], c: [], d: ['0'] });
    expect(await all({ query }, queries('a', 'b', 'c', 'd'))).toEqual([
      '0',
      '1',
      '2',
      '2',
      '3',
      '4',
      '5',
      '9',
    ]);
  });

  it('are nothing where none has anything, or there is none', async () => {
    const { query } = lists({ a: [], b: [] });
    expect(await all({ query }, queries('a', 'b'))).toEqual([]);
    expect(await all({ query }, [])).toEqual([]);
  });

  it('are read no further than somebody looks', async () => {
    const { query, asked } = lists({ a: ['1', '2', '3'], b: ['4', '5', '6'] });
    for await (const { sk } of mergedItems({ query }, queries('a', 'b'), 'sk')) if (sk === '2') break;
    expect(asked).toHaveLength(2);
  });
});
