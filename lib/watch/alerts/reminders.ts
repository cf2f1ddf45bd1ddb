/**
 * Who is told again of an alert that is still raised. Every 1,800 s all are, and between those a channel whose own cool-down
 * is shorter; one whose own is longer is left out. When a channel was told last stands in the alert itself, one attribute
 * each: a raise reads nothing more.
 */
import * as z from 'zod';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';

/** Of a channel that does not say, and of subscriptions, seconds (SPEC 13). */
export const COOL_DOWN_SECONDS = 1_800;

/** Ids of channels: `only` these, and nobody else; or everybody `except` these. */
export type Reminder = { only: string[] } | { except: string[] };

const PREFIX = 'told_';
const Told = z.object({ at: z.string(), coolDownSeconds: StoredNumber });

/** When a channel has last taken a message of this firing, and how long it wants none then. */
export const attributeOf = (channel: string): string => PREFIX + channel;

/** `undefined`: nobody is to be told now. @param now milliseconds since the epoch */
export function reminderOf(item: Item, now: number, coolDownMs: number): Reminder | undefined {
  if (item['state'] !== 'firing') return undefined;
  const channels = channelsOf(item).map(({ id, at, coolDownSeconds }) => ({
    id,
    isDue: now - Date.parse(at) >= coolDownSeconds * 1_000,
  }));
  const ids = (isDue: boolean) => channels.filter((one) => one.isDue === isDue).map(({ id }) => id);
  // Items from before reminders have no `toldAt`.
  const lastTold = Date.parse(String(item['toldAt'] ?? item['firstAt']));
  if (now - lastTold >= coolDownMs) return { except: ids(false) };
  return ids(true).length > 0 ? { only: ids(true) } : undefined;
}

/** Of the channels that the alert knows, those that a reminder is for. */
export function dueIn(item: Item, reminder: Reminder): string[] {
  const known = channelsOf(item).map(({ id }) => id);
  return known.filter((id) =>
    'only' in reminder ? reminder.only.includes(id) : !reminder.except.includes(id),
  );
}

function channelsOf(item: Item) {
  return Object.entries(item).flatMap(([name, value]) => {
    const told = name.startsWith(PREFIX) ? Told.safeParse(value).data : undefined;
    return told ? [{ id: name.slice(PREFIX.length), ...told }] : [];
  });
}
