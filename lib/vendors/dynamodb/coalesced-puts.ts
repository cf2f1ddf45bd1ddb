import { withinBudget } from '../../runtime/budget.ts';
import { systemClock as clock } from '../../runtime/clock.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import { waitForNextTry } from '../../runtime/patience.ts';
import { systemRandom as random } from '../../runtime/random.ts';
import { MAX_BATCH } from './batch-put.ts';
import type { Documents, Item } from './documents.ts';

export interface CoalescedPutsOptions {
  documents: Pick<Documents, 'batchPut'>;
  table: string;
  /** How long a put is waited for, milliseconds. */
  budgetMs: number;
}

interface Pending {
  item: Item;
  resolve: () => void;
  reject: (error: unknown) => void;
  /** Nobody waits for it any more. */
  isOver: boolean;
}

/**
 * Unconditional puts that share requests as they come: one request is under way at a time, and what is put meanwhile goes
 * with the next one. A put by itself goes at once. Each is waited for no longer than the budget, and is then forgotten: there
 * are never more of them than callers that wait.
 */
export class CoalescedPuts {
  readonly #options: CoalescedPutsOptions;
  #waiting: Pending[] = [];
  #isSending = false;

  constructor(options: CoalescedPutsOptions) {
    this.#options = options;
  }

  /** Rejects with `BudgetExceeded`, or with what keeps this item from ever being stored. */
  async put(item: Item): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const pending: Pending = { item, resolve, reject, isOver: false };
    this.#waiting.push(pending);
    void this.#send();
    try {
      await withinBudget(promise, this.#options.budgetMs);
    } finally {
      pending.isOver = true;
    }
  }

  /** States: idle → sending → idle, once nobody waits. */
  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let failures = 0; this.#waiting.length > 0;) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      const left = await this.#write(batch);
      failures = left.length === 0 ? 0 : failures + 1;
      // Callers' budgets end it.
      if (failures > 0) await waitForNextTry({ clock, random, deadlineAt: Infinity }, failures);
      this.#waiting = [...left, ...this.#waiting].filter(({ isOver }) => !isOver);
    }
    this.#isSending = false;
  }

  /** Settles those whose fate is known. @returns the others: a moment later they may be stored. */
  async #write(batch: Pending[]): Promise<Pending[]> {
    const { documents, table, budgetMs } = this.#options;
    try {
      const items = batch.map(({ item }) => item);
      // A request that hangs leaves time for another one.
      const refused = new Set(await documents.batchPut(table, items, { timeoutMs: budgetMs / 2 }));
      for (const { item, resolve } of batch) if (!refused.has(item)) resolve();
      return batch.filter(({ item }) => refused.has(item));
    } catch (error) {
      if (mayPass(error)) return batch;
      // One of them, nobody says which, is none that DynamoDB takes.
      if (batch.length > 1 && !isGatewayError(error))
        return (await Promise.all(batch.map((one) => this.#write([one])))).flat();
      for (const { reject } of batch) reject(error);
      return [];
    }
  }
}

/** Not while nobody changes the role or the tables. */
const mayPass = (error: unknown): boolean =>
  isGatewayError(error, 'STORE_UNAVAILABLE') &&
  !/^(?:AccessDenied|ResourceNotFound)Exception$/.test((error.cause as Error | undefined)?.name ?? '');
