/**
 * What a runner sends next. A chain is sent one after the other, chains at the same time: each delivery by itself, or, where
 * the recipient is ordered, those of one account.
 */
import type { Clock } from '../runtime/clock.ts';
import type { Deliveries } from './deliveries.ts';
import { isFinal } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { Runnable } from './recipient.ts';
import { wants } from './selection.ts';

export interface Work {
  chains: Delivery[][];
  /** When there is more to do, as far as is known now; milliseconds since the epoch. */
  nextAt: number;
}

/** Read of each part at once; and kept of one account. More is found at the next look. */
const PAGE = 50;
const CHAIN = 25;
/** How far back the event before is looked for, past those that are none of its business. */
const LOOK_BACK = 25;
/** For how long a delivery is awaited that should be there, milliseconds: then its event was given up. */
const AWAITED_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 1_000;

export const dueAtOf = ({ dueAt }: Delivery): number => Date.parse(dueAt ?? '') || 0;

export interface ChainDeps {
  deliveries: Pick<Deliveries, 'pending' | 'find' | 'events'>;
  clock: Clock;
}

/** @param isKnown what this runner has done already: the index may show it as it was before. */
export async function nextWork(
  recipient: Runnable,
  isKnown: (delivery: Delivery) => boolean,
  { deliveries, clock }: ChainDeps,
): Promise<Work> {
  const now = clock.now();
  const chains: Delivery[][] = [];
  const accounts = new Map<string, Delivery[]>();
  let nextAt = Infinity;
  const take = (chain: Delivery[]) => {
    const dueAt = dueAtOf(chain[0]!);
    if (dueAt <= now) chains.push(chain);
    else nextAt = Math.min(nextAt, dueAt);
  };
  // Of an ordered one all is read: the first of an account may be due later than those that wait for it.
  for await (const delivery of deliveries.pending(recipient.id, recipient.ordered ? undefined : PAGE)) {
    if (isKnown(delivery)) continue;
    const { order } = delivery;
    if (!recipient.ordered || !order) take([delivery]);
    else accounts.set(order.account, inOrder([...(accounts.get(order.account) ?? []), delivery]));
  }
  for (const chain of accounts.values()) take(chain);
  return { chains, nextAt };
}

const inOrder = (chain: Delivery[]) =>
  chain.toSorted((a, b) => a.order!.sequence - b.order!.sequence).slice(0, CHAIN);

/**
 * Has everything ended that comes before it? Else, when to look again; milliseconds since the epoch. Events of an account
 * are written in their order (function `publish`), but their deliveries may be made in another.
 */
export async function heldUntil(
  recipient: Runnable,
  { type, order }: Delivery,
  { deliveries, clock }: ChainDeps,
): Promise<number | undefined> {
  let before = order?.after;
  for (let steps = 0; before && steps < LOOK_BACK; steps++) {
    const { id, at, service } = before;
    if (wants(recipient, { type, at, service })) {
      const found = await deliveries.find(recipient.id, { id, at });
      const now = clock.now();
      if (found) return isFinal(found) ? undefined : Math.max(dueAtOf(found), now + LOOK_AGAIN_MS);
      const isAwaited = at >= recipient.selectingSince && now - Date.parse(at) < AWAITED_MS;
      return isAwaited ? now + LOOK_AGAIN_MS : undefined;
    }
    const [event] = await deliveries.events([id]);
    before = event?.order?.after;
  }
  return undefined;
}
