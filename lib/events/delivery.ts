/**
 * The states of a delivery: one item for each recipient and event.
 *
 * | state       | means                                      | leaves by                                                               |
 * |-------------|--------------------------------------------|-------------------------------------------------------------------------|
 * | (no item)   | not its business, or not yet seen          | `add` → pending                                                         |
 * | `pending`   | to be sent at `dueAt`                      | `succeed` → delivered; `fail` → pending, later, or dead; `replay`       |
 * | `delivered` | taken                                      | `replay` → pending                                                      |
 * | `dead`      | tried as often as its kind is, given up    | `replay` → pending                                                      |
 *
 * Each is one conditional write on the version that was read: of two runners that hold the same delivery one decides.
 */
import type { EventOrder, EventType } from './event.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What came of one request. */
export interface Attempt {
  /** ISO 8601, UTC. */
  at: string;
  durationMs: number;
  /** Of the answer, where there was one. */
  status?: number;
  /** Why there was none: `TIMEOUT`, `REFUSED`, `RESET`, `DNS`, `TLS`, `PROTOCOL`, `ADDRESS_REFUSED`; `EVENT_LOST`; what a channel
   * said that answers 200 and means no. */
  error?: string;
}

export interface Delivery {
  /** The event's id: `webhook-id`. */
  id: string;
  /** Id of the recipient: a subscription's, or a channel's. */
  subscription: string;
  type: EventType;
  /** When it happened. */
  at: string;
  service?: string;
  order?: EventOrder;
  state: DeliveryState;
  /** Counts changes of this item. */
  version: number;
  /** Of this round: a replay begins a new one. */
  attempts: number;
  /** The replay that began this round; absent: its event did. */
  round?: string;
  /** Only of `pending`. */
  dueAt?: string;
  last?: Attempt;
}

/** An endpoint may ask for more time, but not for so much that what happened is no news any more. */
const LONGEST_ASKED_MS = 3_600_000;

/**
 * When it is due again, milliseconds since the epoch; `undefined`: never, it is dead.
 * @param attempts of this round, the one that has just failed included
 * @param retrySeconds what is waited after each
 * @param askedMs what `Retry-After` asked for
 */
export function dueAfterFailure(
  attempts: number,
  retrySeconds: readonly number[],
  now: number,
  askedMs = 0,
): number | undefined {
  const seconds = retrySeconds[attempts - 1];
  return seconds === undefined
    ? undefined
    : now + Math.max(seconds * 1_000, Math.min(askedMs, LONGEST_ASKED_MS));
}

/** Whose limit is reached has it lifted after a minute, as a rule. */
const BUSY_MS = 60_000;
/** For so long after the event: a channel that is always busy is a broken one. */
const LONGEST_BUSY_MS = 6 * 3_600_000;

/** The same for one that came when the other side had too many: not counted as a try. @param at of the event */
export const dueAfterBusy = (at: string, now: number, askedMs = 0): number | undefined =>
  now - Date.parse(at) > LONGEST_BUSY_MS
    ? undefined
    : now + Math.max(BUSY_MS, Math.min(askedMs, LONGEST_ASKED_MS));

export const isFinal = ({ state }: Pick<Delivery, 'state'>): boolean => state !== 'pending';
