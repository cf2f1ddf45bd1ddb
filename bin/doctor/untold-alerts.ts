import { isLoopback } from '../loopback.ts';
import type { Answer } from '../route-types.ts';

type Alert = Answer<'listAlerts'>['items'][number];
type Channel = Answer<'listChannels'>['items'][number];

/** Until then a channel's own tries go on (5 s, 30 s, 2 min), milliseconds. */
const TRIES_MS = 4 * 60_000;
const SHOWN = 3;

/** Is anybody told of alerts? @returns what is wrong, in words that say what to do; `undefined`: nothing. */
export function untoldAlerts(
  url: string,
  alerts: Alert[],
  channels: Channel[],
  now: number,
): string | undefined {
  const add = 'gatehouse alerts channels add --help';
  // On a laptop the terminal is a channel.
  if (channels.length === 0)
    return isLoopback(url) ? undefined : `no channel, nobody is told of alerts: ${add}`;
  const untold = alerts.filter(
    ({ state, told, firstAt }) => state === 'firing' && !told && now - Date.parse(firstAt) > TRIES_MS,
  );
  if (untold.length > 0) {
    const named = untold.slice(0, SHOWN).map(({ kind, subject }) => `${kind} ${subject}`);
    const more = untold.length > SHOWN ? ' ...' : '';
    return `alert without channel, nobody was told of ${untold.length}: ${named.join(', ')}${more}. Which channel should have them? gatehouse alerts channels list`;
  }
  const failing = channels.filter(({ failures }) => failures > 0);
  if (failing.length === 0) return undefined;
  return failing
    .map(({ id, name, lastError }) => `${name} fails (${lastError}): gatehouse alerts channels test ${id}`)
    .join('; ');
}
