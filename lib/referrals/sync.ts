import pMap from 'p-map';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import type { UserId } from '../text/user-id.ts';
import type { Claims } from './claims.ts';
import type { Listings } from './listings.ts';
import type { ServiceReferrals, SyncResult } from './referrals.ts';
import type { Refresh } from './refresh.ts';
import type { RequestContext } from './upline-source.ts';

export interface SyncOptions {
  claims: Pick<Claims, 'person'>;
  listings: Pick<Listings, 'roster' | 'rosterCursor'>;
  refresh: Pick<Refresh, 'fetch'>;
  clock: Clock;
  notFound: (uid: UserId) => GatewayError;
}

/** The partner is asked about this many at a time. */
const CONCURRENCY = 4;
/** With less time left than this, no further user is started, milliseconds. */
const LAST_START_MS = 2_000;

/** `skipped`: a placeholder of the roster, about which the partner is not asked. */
type Outcome = SyncResult | 'skipped' | 'not started';

/**
 * Refreshes many users from the partner. The roster: in pages, users only; a cursor leads on, also when time runs
 * out. Named users: each gets a result, `DEADLINE_EXCEEDED` where time ran out.
 */
export function createSync(options: SyncOptions): ServiceReferrals['syncUsers'] {
  const { claims, listings, refresh, clock, notFound } = options;

  async function syncOne(uid: UserId, context: RequestContext): Promise<SyncResult> {
    const applied = await refresh.fetch(uid, 'sync', context, { uncached: true });
    if (!applied)
      throw new GatewayError('PLATFORM_UNAVAILABLE', 'The partner is down; nothing was refreshed.');
    return { uid, success: true, superiors: applied.superiors };
  }

  /** In order, some at a time; the first ones are started however little time there is. */
  const syncEach = (
    uids: readonly UserId[],
    { deadline }: RequestContext,
    sync: (uid: UserId) => Promise<Outcome>,
  ): Promise<Outcome[]> =>
    pMap(
      uids,
      async (uid, index): Promise<Outcome> =>
        index >= CONCURRENCY && remaining(deadline, clock) < LAST_START_MS
          ? 'not started'
          : sync(uid).catch((error: unknown) => failure(uid, error)),
      { concurrency: CONCURRENCY },
    );

  async function syncNamed(uids: readonly UserId[], context: RequestContext) {
    const results = await syncEach(uids, context, async (uid) => {
      if (!(await claims.person(uid))) throw notFound(uid);
      return syncOne(uid, context);
    });
    const late = new GatewayError('DEADLINE_EXCEEDED', 'No time was left for this user.');
    return {
      items: results.map((result, index) => (isResult(result) ? result : failure(uids[index]!, late))),
    };
  }

  async function syncRoster(limit: number, cursor: string | undefined, context: RequestContext) {
    const { entries, end } = await listings.roster(limit, cursor);
    const results = await syncEach(
      entries.map(({ uid }) => uid),
      context,
      async (uid) => ((await claims.person(uid))?.state === 'user' ? syncOne(uid, context) : 'skipped'),
    );
    const notStarted = results.indexOf('not started');
    const started = notStarted < 0 ? results.length : notStarted;
    const last = end && started === entries.length ? undefined : entries[started - 1];
    return {
      items: results.filter(isResult),
      ...(last === undefined ? {} : { cursor: await listings.rosterCursor(last) }),
    };
  }

  return (input, context) =>
    'all' in input ? syncRoster(input.limit, input.cursor, context) : syncNamed(input.uids, context);
}

const isResult = (outcome: Outcome): outcome is SyncResult => typeof outcome !== 'string';

function failure(uid: UserId, error: unknown): SyncResult {
  if (!isGatewayError(error) || error.code === 'INTERNAL') throw error;
  return { uid, success: false, error: { code: error.code, message: error.message } };
}
