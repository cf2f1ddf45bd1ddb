/** All that happened in a simulation, and its digest: the same for the same code and seed. */
import { createHash } from 'node:crypto';

/** Lines that are kept to be shown when something does not hold. */
const LAST_LINES = 400;

export class Journal {
  readonly #hash = createHash('sha256');
  readonly #lines: string[] = [];
  readonly #show: ((line: string) => void) | undefined;
  readonly #startsAt: number;

  constructor(startsAt: number, show?: (line: string) => void) {
    this.#startsAt = startsAt;
    this.#show = show;
  }

  /** @param what everything that could differ between two runs of one seed: labels, whole requests and answers. */
  note(at: number, process: string | undefined, step: string, what: string): void {
    const line = `${(at - this.#startsAt).toFixed(3).padStart(12)} ${process ?? '-'} ${step} ${what}`;
    this.#hash.update(line).update('\n');
    this.#lines.push(line);
    if (this.#lines.length > 2 * LAST_LINES) this.#lines.splice(0, LAST_LINES);
    this.#show?.(line);
  }

  last(count = LAST_LINES): string[] {
    return this.#lines.slice(-count);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
