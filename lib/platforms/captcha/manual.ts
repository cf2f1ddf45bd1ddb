/** A person as captcha solver. */
import type { Clock } from '../../runtime/clock.ts';
import { remaining } from '../../runtime/clock.ts';
import { OPEN_MS } from './challenges.ts';
import type { Challenges } from './challenges.ts';
import { SolverRefusal } from './refusal.ts';
import { MANUAL } from './solver.ts';
import type { CaptchaAnswer, CaptchaChallenge } from './solver.ts';

export interface ManualSolver {
  /** Waits for a person. Rejects with `SolverRefusal` `timeout` when none came in time. */
  solve(challenge: CaptchaChallenge): Promise<CaptchaAnswer>;
}

export function createManualSolver(challenges: Challenges, clock: Clock): ManualSolver {
  return {
    solve: async ({ service, codetype, contentType, image, deadline }) => {
      const now = clock.now();
      const expires = now + Math.floor(Math.min(OPEN_MS, remaining(deadline, clock)));
      if (expires <= now) throw new SolverRefusal('timeout', 'has no time left');
      const shown = {
        service,
        codetype,
        contentType,
        image: image.toString('base64'),
      };
      const text = await challenges.wait(shown, expires);
      if (text === undefined) throw new SolverRefusal('timeout', 'got no answer in time');
      return { text, solver: MANUAL };
    },
  };
}
