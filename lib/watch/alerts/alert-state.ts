/**
 * An alert about one thing (`kind`, `subject`): one item.
 *
 * | state      | leaves by |
 * |------------|-----------|
 * | (no item)  | `raise` → firing (transition `fired`) |
 * | `firing`   | `raise` → firing, counted (`repeated`); `resolve` → resolved (`resolved`) |
 * | `resolved` | `raise` → firing, as new (`fired`); `resolve` does nothing; gone after 30 days |
 *
 * Each transition is one conditional write (`fired` and `resolved` in one transaction with the event that tells of it), so of many concurrent `raise`s exactly one fires, and only that one
 * notifies.
 */
import * as z from 'zod';
import type { Expression, Item } from '../../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import type { Alert, AlertInput } from './alerts.ts';
import { alertKey } from './keys.ts';

export type AlertTransition = 'fired' | 'repeated' | 'resolved';

/** How long a resolved alert is kept, seconds. */
const KEEP_SECONDS = 30 * 24 * 3_600;

const STATE = { '#state': 'state' };

/** `fired`: a put. */
export function firing(input: AlertInput, at: string): { item: Item; expression: Expression } {
  return {
    item: {
      ...alertKey(input.kind, input.subject),
      ...input,
      state: 'firing',
      firstAt: at,
      lastAt: at,
      count: 1,
    },
    expression: {
      condition: 'attribute_not_exists(pk) OR NOT #state = :firing',
      names: STATE,
      values: { ':firing': 'firing' },
    },
  };
}

/** `repeated`: an update. Summary and details are replaced by the latest. */
export function repeated(input: AlertInput, at: string): { update: string; expression: Expression } {
  return {
    update:
      'SET #lastAt = :at, #severity = :severity, #summary = :summary, #details = :details ADD #count :one',
    expression: {
      condition: '#state = :firing',
      names: {
        ...STATE,
        '#lastAt': 'lastAt',
        '#severity': 'severity',
        '#summary': 'summary',
        '#details': 'details',
        '#count': 'count',
      },
      values: {
        ':firing': 'firing',
        ':at': at,
        ':severity': input.severity,
        ':summary': input.summary,
        ':details': input.details ?? {},
        ':one': 1,
      },
    },
  };
}

/** `resolved`: an update of the alert as it was read: what is told of it is what it was. */
export function resolved(read: Item, at: string, now: number): { update: string; expression: Expression } {
  return {
    update: 'SET #state = :resolved, resolvedAt = :at, expiresAt = :expiresAt',
    expression: {
      condition: '#state = :firing AND firstAt = :firstAt AND #count = :count',
      names: { ...STATE, '#count': 'count' },
      values: {
        ':firing': 'firing',
        ':resolved': 'resolved',
        ':firstAt': read['firstAt'],
        ':count': read['count'],
        ':at': at,
        ':expiresAt': Math.ceil(now / 1_000) + KEEP_SECONDS,
      },
    },
  };
}

const Detail = z.union([z.string(), z.boolean(), StoredNumber]);
const Stored = z.object({
  kind: z.string(),
  subject: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  summary: z.string(),
  // An alert without its details is better than no alert.
  details: z.record(z.string(), Detail).optional().catch(undefined),
  state: z.enum(['firing', 'resolved']),
  firstAt: z.string(),
  lastAt: z.string(),
  count: StoredNumber,
  resolvedAt: z.string().optional(),
  expiresAt: StoredNumber.optional(),
});

/** `undefined` for an item that is not an alert or past its time. */
export function alertOf(item: Item, now: number): Alert | undefined {
  const parsed = Stored.safeParse(item);
  if (!parsed.success) return undefined;
  const { expiresAt, ...alert } = parsed.data;
  if (expiresAt !== undefined && expiresAt * 1_000 <= now) return undefined;
  return alert as Alert;
}
