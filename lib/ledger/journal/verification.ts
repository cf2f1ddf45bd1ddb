/** What a check of a book's journal says, and where it goes on. */
import * as z from 'zod';

export interface Violation {
  /** Of a transfer. */
  service?: string;
  transactionId?: string;
  /** Of a balance. */
  accountId?: string;
  /** What is wrong, as the rest of a sentence, or, where nothing else is named, as a whole one. */
  what: string;
}

/** How much one answer names. */
export const MAX_NAMED = 100;

/** Where a pass goes on. The parts come in this order. */
export const Position = z.object({
  part: z.enum(['balances', 'pages', 'rows', 'done']),
  /** The last page that was read, and its hash; `null`: it could not be read. */
  n: z.int(),
  hash: z.string().nullable(),
  /** Sort key of the last row that was read. */
  after: z.string(),
  /** Entries of the pages so far. */
  checked: z.int(),
  /** Violations so far, those of balances counted apart. */
  unbalanced: z.int(),
  tampered: z.int(),
  /** Balances moved all the time: nothing can be said of them. */
  unsure: z.boolean(),
});
export type Position = z.output<typeof Position>;

/** What a step found, and where the next one begins. */
export interface Step {
  violations: Violation[];
  position: Position;
}

/** Is it time to answer? */
export type Until = (violations: Violation[]) => boolean;
