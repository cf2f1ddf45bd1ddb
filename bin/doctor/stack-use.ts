/** What is not about one service: clocks, keys, money, events, alerts. */
import { ADVICE_PAGE, readAdvice } from '../../dev/alerts/what-to-do.ts';
import type { Answer } from '../route-types.ts';
import { NOTHING, fail, warn } from './check.ts';
import type { Finding } from './check.ts';

type Alert = Answer<'listAlerts'>['items'][number];
type Key = Answer<'listKeys'>['items'][number];
type Subscription = Answer<'listSubscriptions'>['items'][number];

/** Beyond it signatures, one-time codes and webhooks begin to be refused, milliseconds. */
const SKEW_MS = 30_000;
/** Time to replace a key, milliseconds. */
const ENDS_SOON_MS = 14 * 86_400_000;
const NAMED = 3;

/** @param date of an answer, as its header says; whole seconds. */
export function clockOf(date: string | null, now: number): Finding[] {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) return NOTHING;
  const skew = now - there;
  if (Math.abs(skew) < SKEW_MS) return NOTHING;
  const seconds = Math.round(Math.abs(skew) / 1_000);
  return fail(
    `this machine's clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} the API's: one of them is wrong. Set it by NTP, or one-time codes and signatures are refused`,
  );
}

export function keysOf(keys: readonly Key[], now: number): Finding[] {
  const soon = keys.filter(
    ({ expiresAt }) =>
      expiresAt !== undefined &&
      expiresAt !== null &&
      Date.parse(expiresAt) - now < ENDS_SOON_MS &&
      Date.parse(expiresAt) > now,
  );
  if (soon.length === 0) return NOTHING;
  const names = soon.map(({ name, expiresAt }) => `${name} (${expiresAt})`).join(', ');
  return warn(`${names}: ends soon; gatehouse keys create makes another`);
}

export function deadLettersOf(items: readonly unknown[]): Finding[] {
  if (items.length === 0) return NOTHING;
  return fail(
    'there are transfers that partners were told are accepted, and that could not be posted: gatehouse transfers dead, then gatehouse redrive --dry-run',
  );
}

export function subscriptionsOf(items: readonly Subscription[]): Finding[] {
  const off = items.filter(({ enabled }) => !enabled);
  if (off.length === 0) return NOTHING;
  const named = off.slice(0, NAMED).map(({ id, url }) => `${id} (${new URL(url).host})`);
  return warn(
    `${off.length} subscriptions are disabled, events wait: ${named.join(', ')}. gatehouse subscriptions enable ID`,
  );
}

/** What is told nowhere else. @param told kinds that another check has named */
export function openAlerts(alerts: readonly Alert[], told: readonly string[]): Finding[] {
  const left = alerts.filter(({ kind, state }) => state !== 'resolved' && !told.includes(kind));
  if (left.length === 0) return NOTHING;
  const isCritical = left.some(({ severity }) => severity === 'critical');
  const advice = readAdvice();
  const lines = left
    .slice(0, NAMED)
    .map(
      ({ kind, subject, summary }) =>
        `${kind} ${subject}: ${summary} What to do: ${advice.get(kind) ?? ADVICE_PAGE}`,
    );
  const more = left.length > NAMED ? ` ... ${left.length} in all` : '';
  const message = `${lines.join('; ')}${more} (gatehouse alerts list --state firing)`;
  return isCritical ? fail(message) : warn(message);
}
