/** Virtual time: a queue of what is going to happen. Nothing happens but by it, one after the other. */
import { within } from './process.ts';
import type { Circumstance, Process } from './process.ts';
import type { Journal } from '../journal.ts';

interface Happening {
  at: number;
  /** Of two at the same moment, the one that was planned first comes first. */
  order: number;
  label: string;
  here: Circumstance;
  /** Stands still with it, and is lost with it. */
  owner: Process | undefined;
  run: () => void;
  isCancelled: boolean;
}

export type Cancel = () => void;

/** Real `setImmediate`: all that is ready to go on has gone on before it comes. */
const allIsQuiet = (() => {
  const later = setImmediate;
  return () => new Promise<void>((resolve) => void later(resolve));
})();

export class Timeline {
  #now: number;
  #orders = 0;
  readonly #queue: Happening[] = [];
  readonly #journal: Journal;

  constructor(startsAt: number, journal: Journal) {
    this.#now = startsAt;
    this.#journal = journal;
  }

  /** True time, milliseconds since the epoch; with fractions. */
  now(): number {
    return this.#now;
  }

  /** @param owner `undefined`: happens whatever becomes of our processes. */
  after(ms: number, label: string, here: Circumstance, owner: Process | undefined, run: () => void): Cancel {
    const order = (this.#orders += 1);
    const happening = { at: this.#now + Math.max(0, ms), order, label, here, owner, run, isCancelled: false };
    this.#push(happening);
    return () => void (happening.isCancelled = true);
  }

  /** Until nothing is left, or `enough` says so. @returns how many things happened. */
  async run(enough: (count: number) => boolean = () => false): Promise<number> {
    let count = 0;
    await allIsQuiet();
    for (let next = this.#pop(); next; next = this.#pop()) {
      if (next.isCancelled || next.owner?.isAlive === false) continue;
      this.#now = Math.max(this.#now, next.at);
      if (next.owner && next.owner.frozenUntil > this.#now) {
        this.#push({ ...next, at: next.owner.frozenUntil });
        continue;
      }
      count += 1;
      this.#journal.note(this.#now, next.owner?.name, next.here.step, next.label);
      within(next.here, next.run);
      await allIsQuiet();
      if (enough(count)) break;
    }
    return count;
  }

  #push(happening: Happening): void {
    const queue = this.#queue;
    let at = queue.push(happening) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(queue[parent]!, happening)) break;
      queue[at] = queue[parent]!;
      at = parent;
    }
    queue[at] = happening;
  }

  #pop(): Happening | undefined {
    const queue = this.#queue;
    const first = queue[0];
    const last = queue.pop();
    if (!first || !last || first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= queue.length) break;
      if (child + 1 < queue.length && isBefore(queue[child + 1]!, queue[child]!)) child += 1;
      if (isBefore(last, queue[child]!)) break;
      queue[at] = queue[child]!;
      at = child;
    }
    queue[at] = last;
    return first;
  }
}

const isBefore = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
