import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  accountOf,
  allShards,
  balanceIdOf,
  balanceKey,
  bookPartition,
  entrySort,
  idText,
  linesIndex,
  nightKey,
  pageKey,
  sealedSort,
  shardId,
  shardOf,
  transferIdOf,
  transferKey,
} from '../../../lib/ledger/keys.ts';

const id = { service: 'URS', transactionId: 'a#b' };

describe('D3: the keys of the ledger table, which rows of every version have', () => {
  it('of a transfer', () => {
    expect(transferKey(id)).toEqual({ pk: 'TX#URS#a#b', sk: 'TRANSFER' });
    expect(idText(id)).toBe('URS#a#b');
    expect(entrySort('2026-11-21T04:00:00.000Z', id)).toBe('2026-11-21T04:00:00.000Z#URS#a#b');
  });

  it('of the journal and of its nightly check', () => {
    expect(pageKey('main', 42)).toEqual({ pk: 'SEAL#main', sk: 'PAGE#000000000042' });
    expect(sealedSort('2026-11-21T04', 7)).toBe('2026-11-21T04#000000000007');
    expect(nightKey()).toEqual({ pk: 'NIGHT', sk: 'NIGHT' });
    expect(nightKey('main')).toEqual({ pk: 'NIGHT', sk: 'BOOK#main' });
  });

  it('of balances and of their list', () => {
    expect(balanceKey('emerald:user:7')).toEqual({ pk: 'ACCT#emerald:user:7', sk: 'BALANCE' });
    expect(shardId('house:15', 3)).toBe('house:15#03');
    expect(bookPartition('emerald')).toBe('BOOK#emerald');
  });

  it('of a house are 32, whatever its settings say', () => {
    const shards = allShards('house:15');
    expect(shards).toHaveLength(32);
    expect([shards[0], shards[31]]).toEqual(['house:15#00', 'house:15#31']);
    expect(new Set(shards.map(accountOf))).toEqual(new Set(['house:15']));
    expect(accountOf('user:7')).toBe('user:7');
  });
});

describe('where the lines of a balance are listed', () => {
  it('those of a user by account, those of a house by shard', () => {
    expect(linesIndex('user:7')).toEqual({ index: 'byAccount', partition: 'gsi1pk' });
    expect(linesIndex('house:15#03')).toEqual({ index: 'byHouse', partition: 'gsi2pk' });
  });
});

describe('what a key is of', () => {
  it('a transfer, by the service before the first #', () => {
    expect(transferIdOf('TX#URS#a#b')).toEqual(id);
    expect(transferIdOf('TX#URS#')).toEqual({ service: 'URS', transactionId: '' });
    for (const pk of ['', 'TX#URS', 'TX#', 'ACCT#URS#x', 'XT#URS#x'])
      expect(transferIdOf(pk)).toBeUndefined();
  });

  it('a balance', () => {
    expect(balanceIdOf('ACCT#house:15#03')).toBe('house:15#03');
    for (const pk of ['', 'TX#URS#x', 'XACCT#user:1']) expect(balanceIdOf(pk)).toBeUndefined();
  });
});

describe('the shard of a transfer', () => {
  it('is the same for ever: by the SHA-256 of its id', () => {
    const first = createHash('sha256').update('URS#a#b').digest().readUInt32BE(0);
    for (const shards of [1, 7, 16, 32]) expect(shardOf(id, shards)).toBe(first % shards);
  });

  it('is any of them, as often as another', () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 3_200; n += 1) {
      const shard = shardOf({ service: 'URS', transactionId: `tx_${n}` }, 32);
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, n) => n));
    expect(Math.max(...counts.values())).toBeLessThan(150);
  });
});
