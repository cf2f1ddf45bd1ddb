/** Telling again: what failed, some events, or everything since a time. It goes on by a cursor where its time was up. */
import pMap from 'p-map';
import * as z from 'zod';
import { remaining } from '../runtime/clock.ts';
import type { Deadline } from '../runtime/clock.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { Cursors } from '../text/cursors.ts';
import { insist } from '../vendors/dynamodb/insist.ts';
import type { BusinessEvent } from './event.ts';
import { chosenEvents } from './replay-selection.ts';
import type { Selection, SelectionDeps } from './replay-selection.ts';
import type { SubscriptionInfo } from './subscription.ts';

/** `cursor`: goes on with the same selection. */
export type ReplayInput = Selection & { cursor?: string };

export interface Replayed {
  /** How many were made due by this request. */
  count: number;
  /** Time ran out: `cursor` goes on behind the last one that is counted. */
  more?: true;
  cursor?: string;
}

export interface ReplayDeps extends SelectionDeps {
  cursors: Cursors;
}

/** `round`: when it began, ISO; what happens from then on is told anyway. `after`: a sort key (keys.ts). */
const Position = z.strictObject({ round: z.string(), after: z.string() });
type Position = z.output<typeof Position>;

const AT_ONCE = 50;
/** Reserved for those that are being written when no other one is begun, and for the answer, milliseconds. */
const LAST_MS = 4_000;
const ANSWER_MS = 2_000;

/**
 * Makes them due now, the earliest first, each once in this replay: what was already done when an answer was lost, or in
 * the middle of a step, is not done again by the same cursor.
 * `VALIDATION_FAILED`: ids that there are not, no time, a cursor of another replay.
 */
export async function replay(
  subscription: SubscriptionInfo,
  { cursor, ...selection }: ReplayInput,
  deadline: Deadline,
  deps: ReplayDeps,
): Promise<Replayed> {
  const { clock } = deps;
  const cursors = deps.cursors.of(`replay ${subscription.id} ${JSON.stringify(selection)}`, Position);
  const start: Position =
    cursor === undefined
      ? { round: new Date(clock.now()).toISOString(), after: '' }
      : await cursors.read(cursor);
  const progress = { count: 0, after: start.after, isDone: false };
  const steps = chosenEvents(subscription, selection, start, deps);
  const lastAt = deadline.at - LAST_MS;
  const walk = async () => {
    for await (const { events, end } of steps) {
      if (!(await makeDue(subscription, events, start.round, lastAt, deps))) return;
      progress.count += events.length;
      progress.after = end;
      if (clock.now() >= lastAt) return;
    }
    progress.isDone = true;
  };
  try {
    await Promise.race([walk(), timeUp(remaining(deadline, clock) - ANSWER_MS)]);
  } catch (error) {
    // What was done must not be done again because of what was not.
    if (!isGatewayError(error, 'STORE_UNAVAILABLE') || progress.after === start.after) throw error;
  }
  const { count, after, isDone } = progress;
  return isDone ? { count } : { count, more: true, cursor: await cursors.write({ ...start, after }) };
}

/** One account's one after the other where order was asked for. @returns false where time ran out first. */
async function makeDue(
  { id, ordered }: SubscriptionInfo,
  events: BusinessEvent[],
  round: string,
  lastAt: number,
  { deliveries, clock }: ReplayDeps,
): Promise<boolean> {
  const found = await deliveries.findAll(id, events);
  const groups = Map.groupBy(events, (event) => (ordered && event.order?.account) || event.id);
  const makeGroupDue = async (group: BusinessEvent[]) => {
    for (const event of group) {
      if (clock.now() >= lastAt) return false;
      await insist(() => deliveries.replay(id, event, round, found.get(event.id)), clock, lastAt);
    }
    return true;
  };
  return (await pMap(groups.values(), makeGroupDue, { concurrency: AT_ONCE })).every(Boolean);
}

/** Of calls that hang: real time, whatever clock goes by. */
const timeUp = (ms: number) =>
  new Promise<void>((resolve) => {
    AbortSignal.timeout(Math.max(0, ms)).addEventListener('abort', () => resolve());
  });
