import { describe, expect, it } from 'vitest';
import type { EntryRow } from '../../../lib/ledger/items.ts';
import { isListed, linesOf, merged, primed } from '../../../lib/ledger/lines.ts';
import type { Documents, Item, QueryInput } from '../../../lib/vendors/dynamodb/documents.ts';

/** A line as the index holds it. */
const item = (gsi1sk: string): Item => ({
  pk: `TX#URS#${gsi1sk}`,
  type: 'deposit',
  from: 'house:15',
  to: 'user:7',
  amount: { value: '1' },
  settledAt: gsi1sk,
  gsi1sk,
});

/** The index of one balance, and what it was asked for. */
function index(...sorts: string[]) {
  const asked: QueryInput[] = [];
  const query: Documents['query'] = (input) => {
    asked.push(input);
    return Promise.resolve({ items: sorts.map(item) });
  };
  return { deps: { documents: { query } as Documents, table: 'ledger' }, asked };
}

const sortsOf = async (rows: AsyncIterable<EntryRow>) => {
  const sorts: string[] = [];
  for await (const { gsi1sk } of rows) sorts.push(gsi1sk);
  return sorts;
};

describe('the lines of a balance', () => {
  const range = { source: 'user:7', from: '2', before: '5', chunk: 10 };

  it('are asked for newest first, and without the one that was the last before', async () => {
    const { deps, asked } = index('5', '4', '3');
    expect(await sortsOf(linesOf(deps, range))).toEqual(['4', '3']);
    expect(asked).toEqual([
      {
        table: 'ledger',
        index: 'byAccount',
        where: 'gsi1pk = :source AND gsi1sk BETWEEN :from AND :before',
        values: { ':source': 'user:7', ':from': '2', ':before': '5' },
        descending: true,
        limit: 10,
      },
    ]);
  });

  it.each(['5', '6'])('of no time are not asked for: from %s', async (from) => {
    const { deps, asked } = index('5');
    expect(await sortsOf(linesOf(deps, { ...range, from }))).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('of several balances are in one order, whatever the length of each', async () => {
    const lists = [['9', '4', '1'], [], ['8', '7', '2'], ['3']];
    const lines = lists.map((sorts) =>
      primed(linesOf(index(...sorts).deps, { ...range, from: '0', before: '~' })),
    );
    expect(await sortsOf(merged(await Promise.all(lines)))).toEqual(['9', '8', '7', '4', '3', '2', '1']);
    expect(await sortsOf(merged([]))).toEqual([]);
  });
});

describe('whether a transfer is listed', () => {
  it.each([
    [['x'], true],
    [[], false],
  ])('is asked of the index: %j', async (sorts, listed) => {
    const { deps, asked } = index(...sorts);
    expect(await isListed(deps, 'user:7', 'x')).toBe(listed);
    expect(asked).toEqual([
      {
        table: 'ledger',
        index: 'byAccount',
        where: 'gsi1pk = :source AND gsi1sk = :last',
        values: { ':source': 'user:7', ':last': 'x' },
        limit: 1,
      },
    ]);
  });
});
