import type { Redis } from '../../vendors/redis/redis.ts';
import type { Quota, CallableService } from '../definition.ts';
import { withinBudget } from '../../runtime/budget.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { PROBE_LEASE_MARGIN_MS, RECORD } from './breaker-state.ts';
import { CHECK, parseReply, QUOTA_TTL_MARGIN_MS } from './check-script.ts';
import type { CheckReply } from './check-script.ts';
import { subjectOf } from '../../definition/account.ts';
import type { Candidate, Guard, GuardRequest, GuardDecision } from './guard.ts';
import { keys } from './keys.ts';
import { createQuotaWindows } from './quota-window.ts';
import type { QuotaWindow } from './quota-window.ts';

export interface GuardOptions {
  redis: Redis;
  clock: Clock;
  random: Pick<Random, 'uuid'>;
  /** How long a call may wait for Redis before it goes out unguarded, milliseconds. */
  budgetMs?: number;
  /** How long Redis is not asked after it did not answer, milliseconds: not every call may wait during an outage. */
  backOffMs?: number;
}

/** A quota with the window it counts in just now. */
type Counter = Quota & QuotaWindow;

export function createGuard(options: GuardOptions): Guard {
  const { redis, clock, random, budgetMs = 300, backOffMs = 1_000 } = options;
  const windowOf = createQuotaWindows();
  let pausedUntil = 0;
  let answers = 0;
  let lastAnswerAt = Number.NEGATIVE_INFINITY;

  /** `undefined`: Redis did not answer, or did not a moment ago. */
  async function askRedis<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (clock.now() < pausedUntil) return undefined;
    try {
      const answer = await withinBudget(question(), budgetMs, () => answers);
      answers += 1;
      lastAnswerAt = clock.now();
      return answer;
    } catch {
      // One question failed while others are answered: no outage.
      if (clock.now() - lastAnswerAt >= budgetMs) pausedUntil = clock.now() + backOffMs;
      return undefined;
    }
  }

  function countersOf({ definition }: CallableService, now: number): Counter[] {
    return definition.quotas
      .map((quota) => ({ ...quota, ...windowOf(quota.type, definition.timezone, now) }))
      .sort((a, b) => a.end - b.end || b.start - a.start);
  }

  return {
    async check(service, request): Promise<GuardDecision> {
      const { quotas, breaker } = service.definition;
      const { cacheKey, candidates, admitted } = request;
      if (quotas.length === 0 && !breaker && cacheKey === undefined && !candidates)
        return { probe: false, failures: 0 };
      const now = clock.now();
      const counters = countersOf(service, now);
      const reply = await askRedis(async () => {
        const { keys, args } = checkArguments(service, request, counters, now, random.uuid());
        return parseReply(await redis.run(CHECK, keys, args), counters.length);
      });
      const [first] = candidates ?? [];
      if (reply && 'newerRevision' in reply) return { probe: false, failures: 0, ...reply };
      const decision: GuardDecision = reply
        ? decisionOf(reply, request, counters, now)
        : { probe: false, failures: 0, unguarded: true, ...(first ? { account: first.account } : {}) };
      return admitted ? { ...decision, probe: admitted.probe, failures: admitted.failures } : decision;
    },

    async record({ definition }, decision, outcome) {
      const { breaker, code } = definition;
      if (!breaker || (outcome === 'success' && decision.failures === 0 && !decision.probe)) return;
      await askRedis(() =>
        redis.run(
          RECORD,
          [keys.breaker(code)],
          [
            outcome,
            decision.probe ? 1 : 0,
            clock.now(),
            breaker.failures,
            breaker.openSeconds * 1_000,
            random.uuid(),
          ],
        ),
      );
    },
  };
}

/** The only account of a service. */
interface OnlyAccount {
  account?: undefined;
  stateKey?: string | undefined;
  fitnessKeys: readonly [];
}

const candidatesOf = ({ candidates, stateKey }: GuardRequest): readonly (Candidate | OnlyAccount)[] =>
  candidates ?? [{ stateKey, fitnessKeys: [] }];

function checkArguments(
  { definition, revision }: CallableService,
  request: GuardRequest,
  counters: Counter[],
  now: number,
  token: string,
): { keys: string[]; args: (string | number)[] } {
  const { code, timeoutSeconds } = definition;
  const { cacheKey, cacheSeconds, candidates = [] } = request;
  const breaker = request.admitted ? undefined : definition.breaker;
  const all = candidatesOf(request);
  const [{ stateKey, fitnessKeys } = { fitnessKeys: [] }] = all;
  return {
    keys: [
      keys.revision(code),
      ...(breaker ? [keys.breaker(code)] : []),
      ...(cacheKey === undefined ? [] : [cacheKey]),
      ...(candidates.length > 0 ? [keys.uses(code)] : []),
      ...all.flatMap((one) => [
        ...(one.stateKey === undefined ? [] : [one.stateKey]),
        ...one.fitnessKeys,
        ...counters.map(({ type, start }) => keys.quota(subjectOf(code, one.account), type, start / 1_000)),
      ]),
    ],
    args: [
      now,
      breaker ? 1 : 0,
      stateKey === undefined ? 0 : 1,
      cacheKey === undefined ? 0 : 1,
      Math.ceil(timeoutSeconds * 1_000) + PROBE_LEASE_MARGIN_MS,
      // Without `cacheSeconds` nothing counts as fresh.
      cacheSeconds === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(now - cacheSeconds * 1_000),
      token,
      all.length,
      fitnessKeys.length,
      counters.length,
      request.isNewest ? 0 : revision,
      ...counters.flatMap(({ limit, end }) => [limit, end - now + QUOTA_TTL_MARGIN_MS]),
      ...candidates.flatMap(({ account, mark }) => [account, mark]),
    ],
  };
}

function decisionOf(reply: CheckReply, asked: GuardRequest, counters: Counter[], now: number): GuardDecision {
  const full = counters[reply.full];
  const { account, stateKey } = candidatesOf(asked)[reply.candidate]!;
  const quota = nearest(reply.counts, counters, now);
  const refusal: GuardDecision['refusal'] =
    reply.refusedForMs > 0
      ? {
          code: 'CIRCUIT_OPEN',
          ...(reply.isHeld && { isHeld: true }),
          retryAfterSeconds: wholeSeconds(reply.refusedForMs),
        }
      : full && {
          code: 'QUOTA_EXCEEDED',
          type: full.type,
          limit: full.limit,
          retryAfterSeconds: wholeSeconds(full.end - now),
        };
  return {
    probe: reply.probe,
    failures: reply.failures,
    ...(stateKey === undefined ? {} : { state: reply.state }),
    ...(asked.cacheKey === undefined ? {} : { cached: reply.cached }),
    ...(quota ? { quota } : {}),
    ...(refusal ? { refusal } : {}),
    ...(account === undefined ? {} : { account, unfit: reply.unfitForMs > 0 }),
  };
}

/** The window with the least of its limit left. */
function nearest(counts: number[], counters: Counter[], now: number): GuardDecision['quota'] {
  const states = counters.map(({ limit, end }, i) => {
    const remaining = Math.max(0, limit - (counts[i] ?? 0));
    return {
      share: limit === 0 ? 0 : remaining / limit,
      limit,
      remaining,
      resetSeconds: wholeSeconds(end - now),
    };
  });
  const [least] = states.sort((a, b) => a.share - b.share || b.resetSeconds - a.resetSeconds);
  return least && { limit: least.limit, remaining: least.remaining, resetSeconds: least.resetSeconds };
}

/** At least 1: "retry at once" would be wrong a moment before the edge. */
function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
