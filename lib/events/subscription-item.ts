/** A subscription as it stands in the table. */
import * as z from 'zod';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { queryAll } from '../vendors/dynamodb/query-items.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { SUBSCRIPTIONS, subscriptionKey } from './keys.ts';
import type { Subscription, SubscriptionInfo } from './subscription.ts';

const Stored = z.object({
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  services: z.array(z.string()).optional(),
  description: z.string().optional(),
  ordered: z.boolean(),
  enabled: z.boolean(),
  disabled: z.object({ at: z.string(), reason: z.enum(['PERSON', 'GONE', 'FAILING']) }).optional(),
  createdAt: z.string(),
  createdBy: z.string(),
  updatedAt: z.string(),
  failingSince: z.string().optional(),
  revision: StoredNumber,
  selectingSince: z.string(),
  secrets: z.array(z.object({ sealed: z.string(), until: z.string().optional() })).min(1),
  rung: StoredNumber,
});

export const subscriptionItem = (subscription: Subscription): Item => ({
  ...subscriptionKey(subscription.id),
  ...subscription,
});

/** `undefined` for an item that cannot be read. */
export function readSubscription(item: Item): Subscription | undefined {
  const { success, data } = Stored.safeParse(item);
  if (!success) return undefined;
  return omitUndefined({ ...data, secrets: data.secrets.map((secret) => omitUndefined(secret)) });
}

/** All there are: no more than a few dozen. */
export async function readSubscriptions({
  documents,
  table,
}: {
  documents: Documents;
  table: string;
}): Promise<Subscription[]> {
  const items = await queryAll(documents, {
    table,
    where: 'pk = :pk',
    values: { ':pk': SUBSCRIPTIONS },
    consistent: true,
  });
  return items.flatMap((item) => readSubscription(item) ?? []);
}

/** What a reader of the API sees. */
export function infoOf(subscription: Subscription, now: number): SubscriptionInfo {
  const { revision: _r, selectingSince: _s, secrets, rung: _c, ...info } = subscription;
  const until = secrets[1]?.until;
  const isSigning = until !== undefined && Date.parse(until) > now;
  return omitUndefined({ ...info, formerSecretUntil: isSigning ? until : undefined });
}
