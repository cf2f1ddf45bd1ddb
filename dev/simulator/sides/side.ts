/** A part of the house in a simulation: who uses it, and what must hold of it. Another part is another file beside this one. */
import type { Step } from '../scenario.ts';
import type { Circumstance } from '../time/process.ts';

export interface Side {
  /** Does a step; `undefined`: it is another's. */
  play(step: Step, here: Circumstance): Promise<unknown> | undefined;
  /** Nothing goes wrong any more: everything has to come to its end. */
  settle(here: Circumstance): Promise<void>;
  /** What must hold in the end. */
  compare(): void;
}
