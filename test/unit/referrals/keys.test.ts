import { expect, it } from 'vitest';
import { keysOf, readDownlineSort } from '../../../lib/referrals/keys.ts';

/** One key or partition of each kind of row. */
const partitions = (service: string): string[] => {
  const keys = keysOf(service);
  const pkOf = ({ pk }: Record<string, string>) => pk!;
  return [
    pkOf(keys.person(7)),
    keys.downlinePartition(7),
    keys.rosterPartition(7),
    pkOf(keys.binding(7)),
    pkOf(keys.tree),
    keys.repairPartition,
  ];
};

it('no two kinds of rows and no two services share a partition', () => {
  const all = ['SHOP', 'SHOP_7', 'SHOP7'].flatMap(partitions);
  expect(new Set(all).size).toBe(18);
});

it('every key lies in the partition it is listed from', () => {
  const keys = keysOf('SHOP');
  expect(keys.change(7, 1)['pk']).toBe(keys.person(7)['pk']);
  expect(keys.downline(7, 2, 8)['pk']).toBe(keys.downlinePartition(7));
  expect(keys.rosterEntry(23)['pk']).toBe(keys.rosterPartition(7));
  expect(keys.repair(7)['pk']).toBe(keys.repairPartition);
});

it('ids sort as numbers, and are read back', () => {
  const sorts = [2, 10, Number.MAX_SAFE_INTEGER].map((uid) => keysOf('SHOP').downline(7, 1, uid)['sk']!);
  expect(sorts.toSorted()).toEqual(sorts);
  expect(sorts.map(readDownlineSort)).toEqual(
    [2, 10, Number.MAX_SAFE_INTEGER].map((uid) => ({ generation: 1, uid })),
  );
  for (const sort of ['4#0000000000000002', '1#2', undefined, 1])
    expect(readDownlineSort(sort)).toBeUndefined();
});
