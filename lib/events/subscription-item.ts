/** A subscription as it stands in the table. */
import * as z from 'zod';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { recipientKey } from './keys.ts';
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

export function subscriptionItem(subscription: Subscription): Item {
  const { kind: _, ...stored } = subscription;
  return { ...recipientKey(subscription.id), ...stored };
}

/** `undefined` for an item that cannot be read. */
export function readSubscription(item: Item): Subscription | undefined {
  const { success, data } = Stored.safeParse(item);
  if (!success) return undefined;
  return omitUndefined({
    kind: 'subscription' as const,
    ...data,
    secrets: data.secrets.map((secret) => omitUndefined(secret)),
  });
}

/** What a reader of the API sees. */
export function infoOf(subscription: Subscription, now: number): SubscriptionInfo {
  const { kind: _k, revision: _r, selectingSince: _s, secrets, rung: _c, ...info } = subscription;
  const until = secrets[1]?.until;
  const isSigning = until !== undefined && Date.parse(until) > now;
  return omitUndefined({ ...info, formerSecretUntil: isSigning ? until : undefined });
}
