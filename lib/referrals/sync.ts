import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CallContext } from './context.ts';
import type { Listings } from './downline.ts';
import type { Referrals, SyncResult } from './referrals.ts';
import type { Refresh } from './refresh.ts';
import type { Relations } from './relations.ts';
import type { Uid } from './uid.ts';

export interface SyncOptions {
  relations: Pick<Relations, 'person'>;
  listings: Pick<Listings, 'everybody'>;
  refresh: Pick<Refresh, 'ask'>;
  clock: Clock;
}

/** URS is asked about this many at a time. */
const CONCURRENCY = 4;
/** With less time left than this, nobody else is begun, milliseconds. */
const LAST_START_MS = 2_000;

/**
 * Asks URS about many. Everybody: in pages, users only; a cursor leads on, also when time runs out. By name: each
 * gets a result, `DEADLINE_EXCEEDED` where time ran out.
 */
export function createSync({ relations, listings, refresh, clock }: SyncOptions): Referrals['syncUsers'] {
  async function one(uid: Uid, context: CallContext): Promise<SyncResult> {
    const applied = await refresh.ask(uid, 'sync', { ...context, uncached: true });
    if (!applied) throw new GatewayError('PLATFORM_UNAVAILABLE', 'URS is down; nothing new is known.');
    return { uid, success: true, superiors: applied.superiors };
  }

  const failure = (uid: Uid, error: unknown): SyncResult => {
    if (!isGatewayError(error) || error.code === 'INTERNAL') throw error;
    return { uid, success: false, error: { code: error.code, message: error.message } };
  };

  /** In order, some at a time. What is missing at the end of the answer was not begun. */
  async function inTurn<T extends { uid: Uid }>(
    people: readonly T[],
    context: CallContext,
    run: (uid: Uid) => Promise<SyncResult | undefined>,
  ): Promise<(SyncResult | undefined)[]> {
    const results: (SyncResult | undefined)[] = [];
    const queue = people.entries();
    const worker = async () => {
      for (const [index, { uid }] of queue) {
        results[index] = await run(uid).catch((error: unknown) => failure(uid, error));
        if (remaining(context.deadline, clock) < LAST_START_MS) return;
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, people.length) }, worker));
    return results;
  }

  return async (input, context) => {
    if (!('all' in input)) {
      const people = input.uids.map((uid) => ({ uid }));
      const results = await inTurn(people, context, async (uid) => {
        if (await relations.person(uid)) return one(uid, context);
        throw new GatewayError('NOT_FOUND', `There is no URS user ${uid}.`);
      });
      const late = new GatewayError('DEADLINE_EXCEEDED', 'There was no time left for this one.');
      return { items: people.map(({ uid }, index) => results[index] ?? failure(uid, late)) };
    }
    const { people, end } = await listings.everybody(input.limit, input.cursor);
    const results = await inTurn(people, context, async (uid) =>
      (await relations.person(uid))?.state === 'user' ? one(uid, context) : undefined,
    );
    const cursor = end && results.length === people.length ? undefined : people[results.length - 1]?.next;
    return {
      items: results.filter((result) => result !== undefined),
      ...(cursor === undefined ? {} : { cursor }),
    };
  };
}
