import { describe, expect, it } from 'vitest';
import {
  bookNameOf,
  houseAccount,
  isAccountId,
  isHouse,
  parseAccountId,
  userAccount,
} from '../../../lib/ledger/account-id.ts';
import type { AccountId } from '../../../lib/ledger/account-id.ts';

describe('the name of an account', () => {
  it.each([
    ['user:1', { book: 'main', kind: 'user', id: '1' }],
    ['house:15', { book: 'main', kind: 'house', id: '15' }],
    ['emerald:user:10002', { book: 'emerald', kind: 'user', id: '10002' }],
    ['a-1:house:9007199254740991', { book: 'a-1', kind: 'house', id: '9007199254740991' }],
    [`user:${'9'.repeat(19)}`, { book: 'main', kind: 'user', id: '9'.repeat(19) }],
    [`${'b'.repeat(32)}:user:1`, { book: 'b'.repeat(32), kind: 'user', id: '1' }],
  ])('%s is read', (text, name) => {
    expect(parseAccountId(text)).toEqual(name);
    expect(isAccountId(text)).toBe(true);
    expect(isHouse(text as AccountId)).toBe(name.kind === 'house');
    expect(bookNameOf(text as AccountId)).toBe(name.book);
    const build = name.kind === 'house' ? houseAccount : userAccount;
    expect(build(name.book, name.id)).toBe(text);
  });

  it.each([
    '',
    'user',
    'user:',
    'user:0',
    'user:01',
    'user:-1',
    'user:x',
    'user:1 ',
    ' user:1',
    'user:1:2',
    `user:${'9'.repeat(20)}`,
    'house#15',
    'bank:1',
    ':user:1',
    'Emerald:user:1',
    '1st:user:1',
    'a_b:user:1',
    'a:b:user:1',
    `${'b'.repeat(33)}:user:1`,
    // The book main has one name for each account, not two.
    'main:user:1',
    'main:house:15',
  ])('is none: %j', (text) => {
    expect(parseAccountId(text)).toBeUndefined();
    expect(isAccountId(text)).toBe(false);
    expect(isHouse(text as AccountId)).toBe(false);
    expect(bookNameOf(text as AccountId)).toBe('main');
  });

  it('of a book that begins with the word main is one', () => {
    expect(parseAccountId('main-2:user:1')).toEqual({ book: 'main-2', kind: 'user', id: '1' });
  });
});
