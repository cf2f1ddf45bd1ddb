/** Up to when everything that settled is sealed. */
import type { Clock } from '../../runtime/clock.ts';
import { REQUEST_TIMEOUT_MS } from '../../vendors/dynamodb/documents.ts';
import { LATE_MS } from './append.ts';
import { sealedSince } from './page.ts';
import type { Head, JournalStore } from './page.ts';
import { houseShards, settledByTime } from './settled-rows.ts';

const CLOCKS_APART_MS = 60_000;
/**
 * For what DynamoDB had been sent in time to be carried out and listed by the index, which takes a fraction of a second, and
 * for clocks that are apart.
 */
const LISTED_WITHIN_MS = 7_000;
/**
 * What settled longer ago is in the index. Each try of a post takes its `settledAt` just before it is sent, in one
 * request without the SDK's retries, which is given up at its timeout; a later try has a later time.
 */
const CLOSE_AFTER_MS = REQUEST_TIMEOUT_MS + LISTED_WITHIN_MS;

/** Nothing that settled before this turns up any more, seen at `now`, milliseconds since the epoch. */
export const closableAt = (now: number): string => new Date(now - CLOSE_AFTER_MS).toISOString();

/**
 * The head's word, which a sweep gives once a minute, taken on by a look at what settled since. Where there was no sweep
 * for longer than anything may be late, the head's word stands: sealing is behind.
 * @returns `null` where that cannot be said. @throws `STORE_UNAVAILABLE`
 */
export async function sealedUpTo(
  deps: JournalStore & { clock: Clock },
  book: string,
  head: Head | undefined,
): Promise<string | null> {
  const closedUpTo = head?.closedUpTo;
  if (closedUpTo === undefined) return null;
  const now = deps.clock.now();
  const end = closableAt(now);
  if (closedUpTo >= end || Date.parse(closedUpTo) < now - LATE_MS) return closedUpTo;
  const shards = await houseShards(deps, book);
  // Nothing is sealed before it settles; but the clocks of those who do it may be apart.
  const since = new Date(Date.parse(closedUpTo) - CLOCKS_APART_MS).toISOString();
  const sealed = await sealedSince(deps, book, since);
  for await (const { id, at } of settledByTime(deps, shards, { after: closedUpTo, before: end }))
    if (!sealed.has(id)) return at;
  return end;
}
