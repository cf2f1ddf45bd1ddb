import type { Deadline } from '../../runtime/clock.ts';

/** In a definition's `solvers`, and of an answer: a person. */
export const MANUAL = 'MANUAL';

export interface CaptchaChallenge {
  /** The service whose login needs it. */
  service: string;
  image: Buffer;
  contentType: string;
  /** Chaojiying's type number, e.g. 1004, 4004. */
  codetype: number;
  deadline: Deadline;
}

export interface CaptchaAnswer {
  text: string;
  /** Service code of the solver that gave it (`CHAOJIYING`, `MANUAL`). */
  solver: string;
  /** The solver's id of this picture: a 19-digit string with Chaojiying. */
  pictureId?: string;
}

/**
 * Tries the solvers in order. Rejects with `CAPTCHA_FAILED` when none could answer; `internal.newImage: true`
 * when a fresh image is worth a try.
 */
export interface CaptchaSolvers {
  solve(solvers: string[], challenge: CaptchaChallenge): Promise<CaptchaAnswer>;
  /** The platform proved this answer wrong: ask for the points back, once, in time. Never throws. */
  reportWrong(answer: CaptchaAnswer): Promise<void>;
}
