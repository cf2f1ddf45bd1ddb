/**
 * An alert about one thing (`kind`, `subject`): one item.
 *
 * | state          | leaves by |
 * |----------------|-----------|
 * | (no item)      | `raise` → firing (`fired`) |
 * | `firing`       | `raise` → firing, counted (`repeated`), and after a cool-down `reminded`; `acknowledge`; `resolve` → resolved (`resolved`) |
 * | `acknowledged` | `raise` → acknowledged, counted (`repeated`); `resolve` → resolved (`resolved`) |
 * | `resolved`     | `raise` → firing, as new (`fired`); `resolve` does nothing; gone after 30 days |
 *
 * Each transition is one conditional write (those that people are told of in one transaction with the event that tells), so
 * of many concurrent `raise`s exactly one fires, and exactly one reminds.
 */
import * as z from 'zod';
import type { Expression, Item } from '../../vendors/dynamodb/documents.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { ALERT_SEVERITIES, ALERT_STATES, alertId } from './alerts.ts';
import type { Alert, AlertFiring, AlertInput, Taken } from './alerts.ts';
import { alertKey } from './keys.ts';
import { attributeOf, dueIn } from './reminders.ts';
import type { Reminder } from './reminders.ts';

/** What people are told of. */
export type ToldTransition = 'fired' | 'reminded' | 'resolved';

/** A write of an item that there is. */
export interface AlertUpdate {
  update: string;
  expression: Expression;
}

/** How long a resolved alert is kept, seconds. */
const KEEP_SECONDS = 30 * 24 * 3_600;

const STATE = { '#state': 'state' };
const OPEN = { ':firing': 'firing', ':acknowledged': 'acknowledged' };
const IS_OPEN = '#state IN (:firing, :acknowledged)';

/** Is its cause still there, whoever sees to it? */
export const isOpen = ({ state }: Pick<Alert, 'state'>): boolean => state !== 'resolved';

/** `fired`: a put. */
export function firing(input: AlertInput, at: string): { item: Item; expression: Expression } {
  return {
    item: {
      ...alertKey(input.kind, input.subject),
      ...input,
      state: 'firing',
      firstAt: at,
      lastAt: at,
      toldAt: at,
      count: 1,
    },
    expression: {
      condition: `attribute_not_exists(pk) OR NOT ${IS_OPEN}`,
      names: STATE,
      values: OPEN,
    },
  };
}

/** `repeated`: an update. Summary and details are replaced by the latest. */
export function repeated(input: AlertInput, at: string): AlertUpdate {
  return {
    update:
      'SET #lastAt = :at, #severity = :severity, #summary = :summary, #details = :details ADD #count :one',
    expression: {
      condition: IS_OPEN,
      names: {
        ...STATE,
        '#lastAt': 'lastAt',
        '#severity': 'severity',
        '#summary': 'summary',
        '#details': 'details',
        '#count': 'count',
      },
      values: {
        ...OPEN,
        ':at': at,
        ':severity': input.severity,
        ':summary': input.summary,
        ':details': input.details ?? {},
        ':one': 1,
      },
    },
  };
}

/** `reminded`: an update of the alert as it was read. What is set is what nobody else has set meanwhile. */
export function reminded(read: Item, at: string, reminder: Reminder): AlertUpdate {
  const dueNames = dueIn(read, reminder).map(attributeOf);
  const set: [name: string, value: unknown][] = [
    ...('except' in reminder ? [['toldAt', at] as [string, unknown]] : []),
    ...dueNames.map((name): [string, unknown] => [name, { ...(read[name] as object), at }]),
  ];
  const unchanged = set.map(([name], i) =>
    read[name] === undefined ? `attribute_not_exists(#set${i})` : `#set${i} = :read${i}`,
  );
  return {
    update: `SET ${set.map((_, i) => `#set${i} = :set${i}`).join(', ')}`,
    expression: {
      condition: ['#state = :firing', 'firstAt = :firstAt', ...unchanged].join(' AND '),
      names: { ...STATE, ...Object.fromEntries(set.map(([name], i) => [`#set${i}`, name])) },
      values: {
        ':firing': 'firing',
        ':firstAt': read['firstAt'],
        ...Object.fromEntries(
          set.flatMap(([name, value], i) => [
            [`:set${i}`, value],
            ...(read[name] === undefined ? [] : [[`:read${i}`, read[name]]]),
          ]),
        ),
      },
    },
  };
}

/** `acknowledged`: an update of this firing of it. */
export function acknowledged({ firstAt }: AlertFiring, by: string): AlertUpdate {
  return {
    update: 'SET #state = :acknowledged, acknowledgedBy = :by',
    expression: {
      condition: '#state = :firing AND firstAt = :firstAt',
      names: STATE,
      values: { ...OPEN, ':by': by, ':firstAt': firstAt },
    },
  };
}

/** A channel has taken a message: an update of this firing of it, whatever its state. */
export function taken({ firstAt }: AlertFiring, { channel, at, coolDownSeconds }: Taken): AlertUpdate {
  return {
    update: 'SET isTold = :true, #told = :told',
    expression: {
      condition: 'firstAt = :firstAt',
      names: { '#told': attributeOf(channel) },
      values: { ':true': true, ':firstAt': firstAt, ':told': { at, coolDownSeconds } },
    },
  };
}

/**
 * `resolved`: an update of the alert as it was read: what is told of it is what it was.
 * @param details that replace what it was raised with
 */
export function resolved(read: Item, at: string, now: number, details?: AlertInput['details']): AlertUpdate {
  const isEndKnown = details !== undefined;
  return {
    update: `SET #state = :resolved, resolvedAt = :at, expiresAt = :expiresAt${isEndKnown ? ', #details = :details' : ''}`,
    expression: {
      condition: '#state = :read AND firstAt = :firstAt AND #count = :count',
      names: { ...STATE, '#count': 'count', ...(isEndKnown ? { '#details': 'details' } : {}) },
      values: {
        ':read': read['state'],
        ':resolved': 'resolved',
        ...(isEndKnown ? { ':details': details } : {}),
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
  severity: z.enum(ALERT_SEVERITIES),
  summary: z.string(),
  // An alert without its details is better than no alert.
  details: z.record(z.string(), Detail).optional().catch(undefined),
  state: z.enum(ALERT_STATES),
  firstAt: z.string(),
  lastAt: z.string(),
  count: StoredNumber,
  acknowledgedBy: z.string().optional(),
  resolvedAt: z.string().optional(),
  isTold: z.boolean().default(false),
  expiresAt: StoredNumber.optional(),
});

/** `undefined` for an item that is not an alert or past its time. */
export function alertOf(item: Item, now: number): Alert | undefined {
  const parsed = Stored.safeParse(item);
  if (!parsed.success) return undefined;
  const { expiresAt, isTold, ...alert } = parsed.data;
  if (expiresAt !== undefined && expiresAt * 1_000 <= now) return undefined;
  return omitUndefined({ id: alertId(alert.kind, alert.subject), ...alert, told: isTold });
}
