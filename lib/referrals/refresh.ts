import { isGatewayError } from '../runtime/errors.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import type { UserId } from '../text/user-id.ts';
import type { Claims } from './claims.ts';
import type { Person } from './person.ts';
import type { Applied } from './relations.ts';
import type { ClaimSource } from './upline-claim.ts';
import type { RequestContext, UplineSource } from './upline-source.ts';

export interface RefreshOptions {
  claims: Pick<Claims, 'person' | 'apply'>;
  source: Pick<UplineSource, 'userTeam' | 'levelCount'>;
  clock: Clock;
  report: (message: string, error: unknown) => void;
}

/**
 * How long what the partner sent of its own accord is not asked for again, milliseconds. Longer than answers are
 * cached (`cacheSeconds`), so that no cached answer undoes what was received.
 */
const RECEIVED_FRESH_MS = 600_000;
/** What a read waits for the partner before it answers from what we know, milliseconds. */
const READ_WAIT_MS = 3_000;

export interface Refresh {
  /**
   * Asks the partner for a user's superiors and applies the answer. Rejects with what the source rejects with, and
   * with `VALIDATION_FAILED`. `undefined`: the partner is down; nothing was applied.
   */
  fetch(
    uid: UserId,
    source: ClaimSource,
    context: RequestContext,
    options?: { uncached?: boolean },
  ): Promise<Applied | undefined>;
  /** For a read: the person after asking, and whether that could not be done. `undefined`: unknown id. */
  read(uid: UserId, context: RequestContext): Promise<{ person: Person; stale: boolean } | undefined>;
  count(
    uid: UserId,
    level: 1 | 3,
    context: RequestContext,
  ): Promise<{ count: number | null; stale: boolean }>;
}

export function createRefresh({ claims, source, clock, report }: RefreshOptions): Refresh {
  const fetch: Refresh['fetch'] = async (uid, claimSource, context, options) => {
    const team = await source.userTeam(uid, context, options);
    if (!team) return undefined;
    return claims.apply({ uid, ...team, enters: false, delivery: 'fetched', source: claimSource });
  };

  const withinReadWait = (context: RequestContext): RequestContext => ({
    ...context,
    deadline: { at: clock.now() + Math.min(READ_WAIT_MS, remaining(context.deadline, clock)) },
  });

  /** The partner does not answer, for whatever reason: a reader gets what we know. Our own stores must, though. */
  function fallBackToKnown(error: unknown): undefined {
    if (!isGatewayError(error) || isGatewayError(error, 'STORE_UNAVAILABLE', 'INTERNAL')) throw error;
    report('The partner could not be asked about its users; they are answered from what we know.', error);
    return undefined;
  }

  return {
    fetch,

    async read(uid, context) {
      const known = await claims.person(uid);
      if (!known) return undefined;
      const received = clock.now() - (known.receivedAt ?? 0) < RECEIVED_FRESH_MS;
      // A placeholder has not come to us: the partner is not asked about it.
      if (received || known.state === 'placeholder') return { person: known, stale: false };
      const applied = await fetch(uid, 'refresh', withinReadWait(context)).catch(fallBackToKnown);
      return { person: (applied && (await claims.person(uid))) ?? known, stale: !applied };
    },

    async count(uid, level, context) {
      const answer = await source
        .levelCount(uid, level, withinReadWait(context))
        .then(({ count, stale }) => ({ count: count ?? null, stale }))
        .catch(fallBackToKnown);
      return answer ?? { count: null, stale: true };
    },
  };
}
