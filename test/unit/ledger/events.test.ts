import { describe, expect, it } from 'vitest';
import { eventIdOf } from '../../../lib/events/event.ts';
import { accountOfChange, eventOf, isMended } from '../../../lib/ledger/events.ts';
import type { Item } from '../../../lib/vendors/dynamodb/documents.ts';

const number = (value: string) => ({ value });
const SETTLED_AT = '2026-11-21T04:00:00.000Z';
const row = (transactionId: string, more: Item = {}): Item => ({
  pk: `TX#URS#${transactionId}`,
  sk: 'TRANSFER',
  type: 'deposit',
  from: 'house:15',
  to: 'user:1',
  amount: number('9007199254740993.5'),
  currency: 'DIAMOND',
  status: 'SETTLED',
  requestedBy: 'URS',
  createdAt: SETTLED_AT,
  settledAt: SETTLED_AT,
  attempts: number('1'),
  fingerprint: 'f',
  attemptId: 'a',
  ...more,
});
const balance = (entries: number, transactionId: string, pk = 'ACCT#user:1'): Item => ({
  pk,
  sk: 'BALANCE',
  balance: number('10'),
  currency: 'DIAMOND',
  entries: number(String(entries)),
  lastTransfer: `${SETTLED_AT}#URS#${transactionId}`,
});
const rows = new Map<string, Item>();
const place = {
  table: 't',
  documents: { get: async (_table: string, key: Item) => rows.get(String(key['pk'])) },
};
const tell = (before: Item | undefined, after: Item | undefined, stored: Item[] = []) => {
  rows.clear();
  for (const item of stored) rows.set(String(item['pk']), item);
  return eventOf({ before, after }, place);
};
const settled = (id: string) => eventIdOf('transfer.settled', 'URS', id);

describe('a change of the ledger', () => {
  it("of a user's balance tells of the transfer it names, in its place behind the one before", async () => {
    const first = await tell(undefined, balance(1, 'A#1'), [row('A#1')]);
    expect(first).toMatchObject({
      id: settled('A#1'),
      type: 'transfer.settled',
      at: SETTLED_AT,
      service: 'URS',
      order: { account: 'user:1', sequence: 1 },
    });
    expect(first!.order!.after).toBeUndefined();
    expect(JSON.parse(first!.dataText)).toMatchObject({ transactionId: 'A#1', amount: '9007199254740993.5' });
    const second = await tell(balance(1, 'A#1'), balance(2, 'B'), [row('B')]);
    expect(second!.order).toEqual({
      account: 'user:1',
      sequence: 2,
      after: { id: settled('A#1'), at: SETTLED_AT, service: 'URS' },
    });
    expect(accountOfChange({ before: undefined, after: balance(2, 'B') })).toBe('user:1');
  });

  it('of a house, or one that adds no entry, or a row that was removed, tells nothing', async () => {
    expect(await tell(undefined, balance(1, 'A', 'ACCT#house:15#03'), [row('A')])).toBeUndefined();
    expect(await tell(undefined, balance(1, 'A', 'ACCT#emerald:house:15#03'), [row('A')])).toBeUndefined();
    expect(await tell(balance(1, 'A'), balance(1, 'A'), [row('A')])).toBeUndefined();
    expect(await tell(balance(1, 'A'), undefined)).toBeUndefined();
    expect(await tell(undefined, row('A'))).toBeUndefined();
  });

  it('of another book tells of its user', async () => {
    const told = await tell(undefined, balance(1, 'A', 'ACCT#emerald:user:1'), [row('A')]);
    expect(told!.order!.account).toBe('emerald:user:1');
  });

  it.each<[string, Item | undefined, Item, Item[]]>([
    ['names a row that there is not', undefined, balance(1, 'A'), []],
    [
      'names a row that is not settled',
      undefined,
      balance(1, 'A'),
      [row('A', { status: 'PENDING', settledAt: undefined })],
    ],
    ['skips an entry', balance(1, 'A'), balance(3, 'B'), [row('B')]],
    ['is no balance', undefined, { ...balance(1, 'A'), balance: 'much' }, [row('A')]],
    ['names no transfer', undefined, { ...balance(1, 'A'), lastTransfer: 'x' }, [row('A')]],
  ])('that %s cannot be read, and says which row', async (_what, before, after, stored) => {
    await expect(tell(before, after, stored)).rejects.toMatchObject({
      code: 'INTERNAL',
      internal: { row: expect.stringMatching(/^(ACCT|TX)#/) as string },
    });
  });

  it.each<[string, Item]>([
    ['its balance', { balance: 'abc' }],
    ['its count', { entries: 'many' }],
    ['what names its last transfer', { lastTransfer: 7 }],
  ])(
    'of an account of which somebody had damaged %s tells of the next transfer, not of the mending',
    async (_what, damage) => {
      const damaged = { ...balance(1, 'A'), ...damage };
      expect(await tell(damaged, balance(1, 'A'), [row('A')])).toBeUndefined();
      const next = await tell(damaged, balance(2, 'B'), [row('B')]);
      expect(next).toMatchObject({ id: settled('B'), order: { account: 'user:1', sequence: 2 } });
      expect(isMended({ before: damaged, after: balance(2, 'B') })).toBe(true);
      expect(isMended({ before: balance(1, 'A'), after: balance(2, 'B') })).toBe(false);
      expect(isMended({ before: balance(1, 'A'), after: damaged })).toBe(false);
      expect(isMended({ before: undefined, after: balance(1, 'A') })).toBe(false);
    },
  );

  it('that mends the row of a settled transfer tells of it, in no order', async () => {
    const told = await tell(row('A', { amount: 'much' }), row('A'));
    expect(told).toMatchObject({ id: settled('A'), type: 'transfer.settled', at: SETTLED_AT });
    expect(told!.order).toBeUndefined();
  });

  it('of a row that dies tells so, and again when it dies again', async () => {
    const dead = (version: number) => {
      const history = [
        { status: 'PENDING', at: SETTLED_AT },
        { status: 'DEAD', at: '2026-11-21T05:00:00.000Z', cause: 'STORE_UNAVAILABLE' },
      ];
      return row('A', {
        status: 'DEAD',
        settledAt: undefined,
        version: number(String(version)),
        history,
        shard: number('3'),
        failures: number('8'),
        dueAt: SETTLED_AT,
        dead: { cause: 'OURS', code: 'STORE_UNAVAILABLE', detail: 'It was away.' },
      });
    };
    const pending = row('A', { status: 'PENDING', settledAt: undefined });
    const first = await tell(pending, dead(1));
    expect(first).toMatchObject({ type: 'transfer.dead', at: '2026-11-21T05:00:00.000Z', service: 'URS' });
    expect(first!.order).toBeUndefined();
    expect(JSON.parse(first!.dataText)).toMatchObject({ status: 'DEAD', transactionId: 'A' });
    expect((await tell(pending, dead(3)))!.id).not.toBe(first!.id);
    expect(await tell(dead(1), { ...dead(1), claimedAt: 'x' })).toBeUndefined();
  });

  it('that marks a row as reversed tells so, at the time of the reversal', async () => {
    const later = '2026-11-28T04:00:00.000Z';
    const reversed = row('A', { reversedBy: 'A-REVERSED' });
    const reversal = row('A-REVERSED', { settledAt: later });
    const told = await tell(row('A'), reversed, [reversal]);
    expect(told).toMatchObject({ id: eventIdOf('transfer.reversed', 'URS', 'A'), at: later });
    expect(await tell(reversed, { ...reversed, x: 1 }, [reversal])).toBeUndefined();
  });
});
