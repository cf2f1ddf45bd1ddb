import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import type { Service } from '../../definition/service.ts';
import { isSwitchedOff } from '../../definition/service.ts';
import type { BaseDefinition, ServiceCatalog } from '../../definition/service.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Chaojiying, ChaojiyingDeps } from './chaojiying/chaojiying.ts';
import { createChaojiying } from './chaojiying/chaojiying.ts';
import { createChallenges } from './challenges.ts';
import type { ManualCaptchas } from './challenges.ts';
import { createManualSolver } from './manual.ts';
import { createPointsBudget } from './points-budget.ts';
import { createQuestions } from './questions.ts';
import type { Questions } from './questions.ts';
import type { RefusalReason } from './refusal.ts';
import { asRefusal, SolverRefusal } from './refusal.ts';
import { MANUAL } from './solver.ts';
import type { CaptchaAnswer, CaptchaChallenge, CaptchaSolvers } from './solver.ts';

/** Chaojiying accepts reports of wrong answers for this long. */
const REPORTABLE_MS = 180_000;

/** A service, with what shows whether it is a solver. */
type SolverService = Service<BaseDefinition & { auth: { type: string } }>;

export type CaptchaSolversDeps = Omit<ChaojiyingDeps, 'budget'> & {
  catalog: ServiceCatalog<SolverService>;
};

/** A picture whose answer may turn out wrong. */
interface ReportablePicture {
  service: Service;
  pictureId: string;
  codetype: number;
  at: number;
}

/** What answers for a login: solvers, and people. */
export interface LoginHelp extends CaptchaSolvers {
  /** What waits for a person, and their answers. */
  manual: ManualCaptchas;
  questions: Questions;
}

export function createCaptchaSolvers(deps: CaptchaSolversDeps): LoginHelp {
  const { catalog, clock, redis } = deps;
  const challenges = createChallenges(deps);
  const manual = createManualSolver(challenges, clock);
  const chaojiying: Chaojiying = createChaojiying({ ...deps, budget: createPointsBudget(redis) });
  /** Reporting forgets an answer, so that it is reported once. */
  const reportable = new WeakMap<CaptchaAnswer, ReportablePicture>();

  async function ask(solver: string, challenge: CaptchaChallenge): Promise<CaptchaAnswer> {
    if (solver === MANUAL) return manual.solve(challenge);
    const service = await find(solver);
    const at = clock.now();
    const answer = await chaojiying.solve(service, challenge);
    if (answer.pictureId) {
      reportable.set(answer, { service, pictureId: answer.pictureId, codetype: challenge.codetype, at });
    }
    return answer;
  }

  async function find(solver: string): Promise<Service> {
    const service = await catalog.find(solver).catch((error: unknown) => {
      if (!isGatewayError(error, 'NOT_FOUND')) throw error;
      throw new GatewayError('CONFIGURATION_ERROR', `The captcha solver ${solver} is not registered.`);
    });
    const { auth, status } = service.definition;
    if (auth.type !== 'CHAOJIYING') {
      throw new GatewayError('CONFIGURATION_ERROR', `${solver} is not a captcha solver (auth ${auth.type}).`);
    }
    if (isSwitchedOff(status)) throw new SolverRefusal('off', `is ${status}`);
    return service;
  }

  return {
    manual: challenges,
    questions: createQuestions(challenges, deps),

    solve: async (solvers, challenge) => {
      const refusals: { solver: string; refusal: SolverRefusal }[] = [];
      for (const [at, solver] of solvers.entries()) {
        if (remaining(challenge.deadline, clock) === 0) throw outOfTime();
        const isLast = at === solvers.length - 1;
        try {
          return await ask(solver, isLast ? challenge : withHalfTheDeadline(challenge, clock));
        } catch (error) {
          refusals.push({ solver, refusal: asRefusal(error) });
        }
      }
      if (remaining(challenge.deadline, clock) === 0) throw outOfTime();
      throw failed(refusals);
    },

    reportWrong: async (answer) => {
      const picture = reportable.get(answer);
      if (!picture || !reportable.delete(answer) || clock.now() - picture.at > REPORTABLE_MS) return;
      try {
        await chaojiying.reportWrong(picture.service, picture.pictureId, picture.codetype);
      } catch {
        // Points are lost; the login goes on.
      }
    },
  };
}

/** A solver that hangs must leave the next one time to answer. */
function withHalfTheDeadline(challenge: CaptchaChallenge, clock: Clock): CaptchaChallenge {
  const at = clock.now() + remaining(challenge.deadline, clock) / 2;
  return { ...challenge, deadline: { at } };
}

function outOfTime(): GatewayError {
  return new GatewayError('DEADLINE_EXCEEDED', 'No time was left to solve the captcha.');
}

function failed(refusals: { solver: string; refusal: SolverRefusal }[]): GatewayError {
  const misconfigured = refusals.map(({ refusal }) => refusal.cause);
  if (
    misconfigured.length > 0 &&
    misconfigured.every((cause) => isGatewayError(cause, 'CONFIGURATION_ERROR'))
  ) {
    return misconfigured[0] as GatewayError;
  }
  const newImage = refusals.some(({ refusal }) => refusal.newImage);
  const why = refusals.map(({ solver, refusal }) => `${solver} ${refusal.message}`).join('; ');
  const reasons = refusals.map(({ solver, refusal }) => `${solver}:${refusal.reason}`).join(',');
  return new GatewayError('CAPTCHA_FAILED', `No captcha solver could answer: ${why}.`, {
    internal: { newImage, reasons },
    ...(newImage ? {} : { retryAfterSeconds: retryAfter(refusals.map(({ refusal }) => refusal.reason)) }),
  });
}

/** Seconds until another try makes sense. */
function retryAfter(reasons: RefusalReason[]): number {
  return reasons.every((reason) => reason === 'stopped' || reason === 'over-budget') ? 300 : 30;
}
