import type { Alerts } from '../../../watch/alerts/alerts.ts';
import type { CredentialStore } from '../../../access/credentials/credentials.ts';
import type { Redis } from '../../../vendors/redis/redis.ts';
import type { Service } from '../../../definition/service.ts';
import type { Clock, Deadline } from '../../../runtime/clock.ts';
import { remaining } from '../../../runtime/clock.ts';
import type { Random } from '../../../runtime/random.ts';
import { createSolverAlerts } from './alerts.ts';
import { watchBalance } from './balance.ts';
import { remedyFor } from './codes.ts';
import { priceOf } from './prices.ts';
import { readReply, writeBody } from './protocol.ts';
import type { ChaojiyingAnswer } from './protocol.ts';
import type { SolverTransport } from '../solver-transport.ts';
import { dayIn } from '../keys.ts';
import type { PointsBudget } from '../points-budget.ts';
import { SolverRefusal } from '../refusal.ts';
import type { CaptchaAnswer, CaptchaChallenge } from '../solver.ts';

/** Before each repeat of the same picture, milliseconds, ± half. */
const BACK_OFF_MS = [1_000, 2_000];
/** The protocol's answers are a line of JSON. */
const MAX_ANSWER_BYTES = 65_536;
/** A refund or a balance is never worth more of a login's time than this. */
const SIDE_CALL_TIMEOUT_MS = 3_000;

export interface ChaojiyingDeps {
  solverTransport: SolverTransport;
  credentials: CredentialStore;
  budget: PointsBudget;
  redis: Redis;
  alerts: Alerts;
  clock: Clock;
  random: Random;
}

export interface Chaojiying {
  /** Rejects with `SolverRefusal` for Chaojiying's error codes, with a `GatewayError` for anything else. */
  solve(service: Service, challenge: CaptchaChallenge): Promise<CaptchaAnswer>;
  /** Asks for the points back. `true`: granted. */
  reportWrong(service: Service, pictureId: string, codetype: number): Promise<boolean>;
  /** The account's balance in points. */
  balance(service: Service, deadline: Deadline): Promise<number | undefined>;
}

export function createChaojiying(deps: ChaojiyingDeps): Chaojiying {
  const { solverTransport, credentials, budget, clock, random } = deps;
  const solverAlerts = createSolverAlerts(deps);

  async function call(
    service: Service,
    operation: 'Processing' | 'ReportError' | 'GetScore',
    fields: Record<string, string>,
    deadline: Deadline,
    challenge?: CaptchaChallenge,
  ): Promise<ChaojiyingAnswer> {
    const { code, baseUrl, defaultHeaders, timeoutSeconds } = service.definition;
    const { values } = await credentials.current(code);
    const { contentType, body } = await writeBody(code, values, fields, challenge);
    const headers = Object.fromEntries(
      Object.entries(defaultHeaders).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const response = await solverTransport(
      service,
      {
        operation,
        method: 'POST',
        url: `${baseUrl.replace(/\/+$/, '')}/Upload/${operation}.php`,
        headers: { ...headers, accept: 'application/json', 'content-type': contentType },
        body,
        timeoutMs: challenge ? timeoutSeconds * 1_000 : SIDE_CALL_TIMEOUT_MS,
        maxBytes: MAX_ANSWER_BYTES,
      },
      deadline,
    );
    return readReply(response);
  }

  async function upload(service: Service, challenge: CaptchaChallenge): Promise<ChaojiyingAnswer> {
    const { deadline, codetype } = challenge;
    for (const backOffMs of [...BACK_OFF_MS, undefined]) {
      const fields = { codetype: String(codetype) };
      const reply = await call(service, 'Processing', fields, deadline, challenge);
      if (backOffMs === undefined || remedyFor(reply.errNo) !== 'back-off') return reply;
      const pause = backOffMs * (0.5 + random.fraction());
      if (remaining(deadline, clock) <= pause) return reply;
      await clock.sleep(pause);
    }
    throw new SolverRefusal('busy', 'is busy');
  }

  async function reserve(service: Service, day: string, cost: number): Promise<void> {
    const { code, settings } = service.definition;
    const points = numberOf(settings['dailyPoints']);
    const limit = points === undefined ? undefined : points * 10;
    const granted = await budget.reserve(code, day, cost, limit).catch((error: unknown) => {
      // With a budget, points that cannot be counted must not be spent; without one there is nothing to exceed.
      if (limit === undefined) return true;
      throw error;
    });
    if (granted) return;
    await solverAlerts.raise({
      kind: 'CAPTCHA_BUDGET_SPENT',
      subject: code,
      severity: 'critical',
      summary: `The daily budget of ${points} points of ${code} is spent.`,
      details: { dailyPoints: points ?? 0, day },
    });
    throw new SolverRefusal('over-budget', 'has spent its daily budget');
  }

  async function refusal(service: Service, { errNo }: ChaojiyingAnswer): Promise<SolverRefusal> {
    const remedy = remedyFor(errNo);
    if (remedy === 'new-image') {
      return new SolverRefusal('bad-image', `could not read the picture (${errNo})`, { newImage: true });
    }
    if (remedy === 'back-off') return new SolverRefusal('busy', `is busy (${errNo})`);
    if (remedy === 'give-up') return new SolverRefusal('refused', `refused (${errNo})`);
    const { code } = service.definition;
    credentials.forget(code);
    await solverAlerts.raise({
      kind: 'CAPTCHA_SOLVER_STOPPED',
      subject: code,
      severity: 'critical',
      summary: `${code} rejects the account or its configuration (err_no ${errNo}).`,
      details: { errNo },
    });
    return new SolverRefusal('stopped', `rejects the account or its configuration (${errNo})`);
  }

  const balance = async (service: Service, deadline: Deadline) => {
    const reply = await call(service, 'GetScore', {}, deadline);
    return reply.errNo === '0' ? reply.tifen : undefined;
  };
  const balanceWatch = watchBalance({ ...deps, balance });

  return {
    balance,

    solve: async (service, challenge) => {
      const { code, timezone } = service.definition;
      const day = dayIn(timezone, clock.now());
      const cost = priceOf(challenge.codetype);
      await reserve(service, day, cost);
      const [reply, balanceChecked] = await Promise.all([
        upload(service, challenge),
        balanceWatch.check(service, challenge.deadline),
      ]);
      if (reply.errNo !== '0') {
        await budget.release(code, day, cost).catch(() => {});
        throw await refusal(service, reply);
      }
      // The mark may have been lost: with each check of the balance alerts are resolved without it.
      await solverAlerts.answered(code, { evenIfUnknown: balanceChecked });
      if (reply.picStr === '') {
        throw new SolverRefusal('bad-image', 'gave an empty answer', { newImage: true });
      }
      return { text: reply.picStr, solver: code, pictureId: reply.picId };
    },

    reportWrong: async (service, pictureId, codetype) => {
      const { code, timezone } = service.definition;
      const deadline = { at: clock.now() + SIDE_CALL_TIMEOUT_MS };
      const reply = await call(service, 'ReportError', { id: pictureId }, deadline);
      if (reply.errNo !== '0') return false;
      await budget.release(code, dayIn(timezone, clock.now()), priceOf(codetype));
      return true;
    },
  };
}

/** A number in a definition's free-form `settings`; anything else counts as not set. */
function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
