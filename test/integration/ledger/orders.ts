/** Who orders in the ledger's tests, and where; nothing of a test runner, so that a process of its own can use it. */
import type { Book } from '../../../lib/ledger/book.ts';

export const SERVICE = 'URS_PROMOTION';
export const BOOK: Book = { name: 'main', currency: 'DIAMOND', houses: ['15', '16'], houseShards: 16 };
