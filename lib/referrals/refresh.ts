import { isGatewayError } from '../runtime/errors.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CallContext, CallUrs } from './context.ts';
import type { Person } from './person.ts';
import type { Relations, Applied } from './relations.ts';
import type { Source } from './referrals.ts';
import { readLevelCount, readUserTeam } from './urs-answers.ts';
import type { Uid } from './uid.ts';

export interface RefreshOptions {
  relations: Pick<Relations, 'person'>;
  /** Takes a statement and repairs what it moved. */
  apply: (claim: {
    uid: Uid;
    superiors: Uid[];
    nicknames: Map<Uid, string>;
    source: Source;
  }) => Promise<Applied>;
  callUrs: CallUrs;
  clock: Clock;
  report: (message: string, error: unknown) => void;
}

/**
 * How long what URS told of its own accord is not asked for again, milliseconds. Longer than answers are cached
 * (`cacheSeconds`), so that no cached answer takes back what was pushed.
 */
const PUSHED_FRESH_MS = 600_000;
/** What a read waits for URS before it answers from what we know, milliseconds. */
const PATIENCE_MS = 3_000;

export interface Refresh {
  /**
   * Asks URS about a user and takes its answer. Rejects with what the call rejects with, `PLATFORM_API_ERROR`,
   * `VALIDATION_FAILED`. `undefined`: URS is down, and its older answer is not worth taking.
   */
  ask(uid: Uid, source: Source, context: CallContext): Promise<Applied | undefined>;
  /** For a read: the person as he is after asking, and whether that could not be done. `undefined`: unknown. */
  read(uid: Uid, context: CallContext): Promise<{ person: Person; stale: boolean } | undefined>;
  count(uid: Uid, level: 1 | 3, context: CallContext): Promise<{ count: number | null; stale: boolean }>;
}

export function createRefresh({ relations, apply, callUrs, clock, report }: RefreshOptions): Refresh {
  async function ask(uid: Uid, source: Source, context: CallContext): Promise<Applied | undefined> {
    const { dataText, stale } = await callUrs('userTeam', { userId: uid }, context);
    if (stale) return undefined;
    return apply({ uid, ...readUserTeam(dataText, uid), source });
  }

  const soon = (context: CallContext): CallContext => ({
    ...context,
    deadline: { at: clock.now() + Math.min(PATIENCE_MS, remaining(context.deadline, clock)) },
  });

  /** URS cannot tell, for whatever reason: a reader gets what we know. Our own stores must answer, though. */
  function fallBackToKnown(error: unknown): undefined {
    if (!isGatewayError(error) || isGatewayError(error, 'STORE_UNAVAILABLE', 'INTERNAL')) throw error;
    report('URS could not be asked; its users are answered from what we know.', error);
    return undefined;
  }

  return {
    ask,

    async read(uid, context) {
      const known = await relations.person(uid);
      if (!known) return undefined;
      const pushed = clock.now() - (known.pushedAt ?? 0) < PUSHED_FRESH_MS;
      // Of a placeholder URS was never asked: he has not come to us.
      if (pushed || known.state === 'placeholder') return { person: known, stale: false };
      const applied = await ask(uid, 'refresh', soon(context)).catch(fallBackToKnown);
      return { person: (applied && (await relations.person(uid))) ?? known, stale: !applied };
    },

    async count(uid, level, context) {
      const answer = await callUrs('userLevelCount', { userId: uid, level }, soon(context))
        .then(({ dataText, stale }) => ({ count: readLevelCount(dataText) ?? null, stale }))
        .catch(fallBackToKnown);
      return answer ?? { count: null, stale: true };
    },
  };
}
