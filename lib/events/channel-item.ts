/** A channel as it stands in the table. */
import * as z from 'zod';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { ALERT_SEVERITIES } from '../watch/alerts/alerts.ts';
import { COOL_DOWN_SECONDS } from '../watch/alerts/reminders.ts';
import { CHANNEL_TYPES } from './channel.ts';
import type { Channel, ChannelInfo } from './channel.ts';
import { recipientKey } from './keys.ts';

/** What every channel chooses. */
const EVENTS = ['alert.firing', 'alert.resolved'] as const;

const Stored = z.object({
  id: z.string(),
  name: z.string(),
  type: z.enum(CHANNEL_TYPES),
  url: z.string(),
  services: z.array(z.string()).optional(),
  severities: z.array(z.enum(ALERT_SEVERITIES)).optional(),
  // Channels from before it could be chosen have none.
  coolDownSeconds: StoredNumber.default(COOL_DOWN_SECONDS),
  failures: StoredNumber,
  lastError: z.string().optional(),
  lastErrorAt: z.string().optional(),
  createdAt: z.string(),
  createdBy: z.string(),
  sealed: z.string(),
  rung: StoredNumber,
});
type StoredChannel = Omit<Channel, 'kind' | 'events' | 'enabled' | 'ordered' | 'selectingSince'>;

/** Without what every channel has: so a subscription's reader takes it for none. */
export const channelItem = (channel: StoredChannel): Item => ({ ...recipientKey(channel.id), ...channel });

/** `undefined` for an item that cannot be read. */
export function readChannel(item: Item): Channel | undefined {
  const { success, data } = Stored.safeParse(item);
  if (!success) return undefined;
  return omitUndefined({
    ...data,
    kind: 'channel' as const,
    events: EVENTS,
    // However often it fails: an alert that nobody is told of is worse than one told late.
    enabled: true,
    ordered: false,
    selectingSince: data.createdAt,
  });
}

/** What a reader of the API sees. */
export function channelInfo(channel: ChannelInfo): ChannelInfo {
  const { id, name, type, url, services, severities, coolDownSeconds, createdAt, createdBy } = channel;
  const { failures, lastError, lastErrorAt } = channel;
  const chosen = { id, name, type, url, services, severities, coolDownSeconds };
  return omitUndefined({ ...chosen, failures, lastError, lastErrorAt, createdAt, createdBy });
}
