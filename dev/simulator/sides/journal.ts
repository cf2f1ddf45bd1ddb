/** Operators who ask whether anybody has changed the books by hand. Nobody has. */
import type { Verification } from '../../../lib/ledger/journal/verify.ts';
import { BACKGROUND_LIMIT_MS } from '../processes.ts';
import type { Processes } from '../processes.ts';
import type { Circumstance } from '../time/process.ts';
import type { World } from '../world.ts';
import type { Side } from './side.ts';

const BOOK = 'main';
/** For the step that is being taken when time is over, milliseconds. */
const STEP_MS = 10_000;

export function journalSide({ violations }: World, processes: Processes): Side {
  /** @returns `undefined`: no answer. */
  async function verify(slot: number, here: Circumstance): Promise<Verification | undefined> {
    let cursor: string | undefined;
    do {
      const part = await processes
        .invoke(
          slot,
          here,
          ({ journals }, at) => journals.journal.verify({ book: BOOK, cursor, deadlineAt: at - STEP_MS }),
          BACKGROUND_LIMIT_MS,
        )
        .catch(() => undefined);
      if (!part) return undefined;
      if (part.ok === false)
        violations.add(`the ledger is said to have been changed: ${JSON.stringify(part.violations)}`);
      cursor = part.cursor;
      if (cursor === undefined) return part;
    } while (!violations.any);
    return undefined;
  }

  return {
    play: (step, here) => (step.kind === 'verify' ? verify(step.slot % processes.count, here) : undefined),

    async settle(here) {
      const verified = await verify(0, here);
      if (verified?.ok !== true)
        violations.add(`in a calm, verify says of the ledger: ${JSON.stringify(verified)}`);
    },

    compare: () => {},
  };
}
