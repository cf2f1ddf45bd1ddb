/**
 * A service that is switched off moves no money, once every process must know. While definitions cannot be read, those of
 * before serve (docs/builders/registry.md): then nothing is said.
 */
import type { Commit } from '../dynamodb/database.ts';
import type { Arrival } from '../dynamodb/wire.ts';
import { NAMES } from '../process/stage.ts';
import type { Violations } from '../violations.ts';

/** How long a process may not know (SPEC 4), clocks that differ and the request itself, milliseconds. */
const UNKNOWN_MS = 30_000 + 3_000 + 10_000;
/** After a reading that failed the next one waits 5 s; the request itself, milliseconds. */
const UNREADABLE_MS = 5_000 + 10_000;

export class OpeningHours {
  /** Since when by service; open ones are not in it. */
  readonly #closedSince = new Map<string, number>();
  readonly #violations: Violations;
  readonly #now: () => number;

  constructor(violations: Violations, now: () => number) {
    this.#violations = violations;
    this.#now = now;
  }

  set(code: string, isOpen: boolean): void {
    if (isOpen) this.#closedSince.delete(code);
    else if (!this.#closedSince.has(code)) this.#closedSince.set(code, this.#now());
  }

  /** @param troubledAt when the last reading of definitions met trouble */
  watch({ changes }: Commit, arriving: Arrival | undefined, troubledAt: number): void {
    if (this.#now() - troubledAt < UNREADABLE_MS) return;
    for (const { table, before, after } of changes) {
      if (table !== NAMES.tables.ledger || after?.['status']?.S !== 'SETTLED') continue;
      // What was accepted before is settled all the same.
      if (before?.['status']?.S === 'PENDING') continue;
      const code = after['requestedBy']?.S ?? '';
      const since = this.#closedSince.get(code) ?? Infinity;
      if ((arriving?.sentAt ?? 0) > since + UNKNOWN_MS)
        this.#violations.add(`${code} is switched off, and moved money`);
    }
  }
}
