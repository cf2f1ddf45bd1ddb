import { expect, it } from 'vitest';
import { checkBook } from '../../../lib/ledger/book.ts';

const book = { name: 'main', currency: 'DIAMOND', houses: ['15'], houseShards: 16 };

it.each([
  {},
  { name: 'a' },
  { name: `b${'-'.repeat(30)}9` },
  { currency: 'x' },
  { currency: 'Gold_2-b' },
  { currency: 'C'.repeat(16) },
  { houseShards: 1 },
  { houseShards: 32 },
])('a book may be %j', (part) => {
  expect(() => checkBook({ ...book, ...part })).not.toThrow();
});

it.each([
  [{ name: '' }, ' is no name of a book.'],
  [{ name: 'Main' }, 'Main is no name of a book.'],
  [{ name: '1st' }, '1st is no name of a book.'],
  [{ name: 'a:b' }, 'a:b is no name of a book.'],
  [{ name: 'a#b' }, 'a#b is no name of a book.'],
  [{ name: 'b'.repeat(33) }, `${'b'.repeat(33)} is no name of a book.`],
  [{ currency: '' }, ' is no name of a currency.'],
  [{ currency: '2x' }, '2x is no name of a currency.'],
  [{ currency: 'a b' }, 'a b is no name of a currency.'],
  [{ currency: 'C'.repeat(17) }, `${'C'.repeat(17)} is no name of a currency.`],
  [{ houseShards: 0 }, 'houseShards must be 1 to 32.'],
  [{ houseShards: 33 }, 'houseShards must be 1 to 32.'],
  [{ houseShards: 1.5 }, 'houseShards must be 1 to 32.'],
])('no book is %j', (part, message) => {
  expect(() => checkBook({ ...book, ...part })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_ERROR', message }) as Error,
  );
});
