import * as z from 'zod';
import type { Cursors } from '../../text/cursors.ts';
import { ConditionFailed, TransactionCancelled } from '../../vendors/dynamodb/documents.ts';
import type { Documents, Expression, Item, TransactItem } from '../../vendors/dynamodb/documents.ts';
import { queryAll } from '../../vendors/dynamodb/query-items.ts';
import type { Clock } from '../../runtime/clock.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { alertOf, firing, repeated, resolved } from './alert-state.ts';
import type { AlertTransition } from './alert-state.ts';
import type { Alert, AlertInput, AlertStore, Alerts } from './alerts.ts';
import { ALERTS, alertKey } from './keys.ts';

export interface AlertsOptions {
  documents: Documents;
  table: string;
  cursors: Cursors;
  clock: Clock;
  log: { warn(message: string, fields?: Record<string, unknown>): void };
  /** What else is written in the transaction that stores it: how the business is told of an alert. */
  telling?: (alert: Alert, transition: Exclude<AlertTransition, 'repeated'>) => TransactItem[];
  /** Notifies people (SNS, webhooks). Called once per transition that was stored; may reject. */
  notify?: (alert: Alert, transition: AlertTransition) => Promise<void> | void;
}

/** Others may change an alert while it is stored, this often. */
const MOST_RACES = 5;
const RACE_WAIT_MS = 20;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export function createAlerts(options: AlertsOptions): { alerts: Alerts; alertStore: AlertStore } {
  const { documents, table, clock, log, notify, telling = () => [] } = options;
  const cursors = options.cursors.of('alerts', z.string());
  const now = () => new Date(clock.now()).toISOString();

  const alerts: Alerts = {
    async raise(input) {
      try {
        await announce(...(await store(input)));
      } catch (error) {
        const { kind, subject, severity, summary } = input;
        log.warn('An alert was not stored.', { kind, subject, severity, summary, error });
      }
    },

    async resolve(kind, subject) {
      try {
        const item = await storeResolved(kind, subject);
        if (item) await announce(item, 'resolved');
      } catch (error) {
        log.warn('An alert was not resolved.', { kind, subject, error });
      }
    },
  };

  async function store(input: AlertInput): Promise<[Item, AlertTransition]> {
    const key = alertKey(input.kind, input.subject);
    for (let races = 0; ; races++) {
      try {
        const { update, expression } = repeated(input, now());
        return [await documents.update(table, key, update, expression), 'repeated'];
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
      const { item, expression } = firing(input, now());
      const write = { Put: { TableName: table, Item: item, ...paramsOf(expression) } };
      if (await commit(write, item, 'fired', races)) return [item, 'fired'];
    }
  }

  /** @returns the alert as it is now; `undefined`: it was not firing. */
  async function storeResolved(kind: string, subject: string): Promise<Item | undefined> {
    const key = alertKey(kind, subject);
    for (let races = 0; ; races++) {
      const item = await documents.get(table, key, { consistent: true });
      if (item?.['state'] !== 'firing') return undefined;
      const at = now();
      const { update, expression } = resolved(item, at, clock.now());
      const write = {
        Update: { TableName: table, Key: key, UpdateExpression: update, ...paramsOf(expression) },
      };
      const after = { ...item, state: 'resolved', resolvedAt: at };
      if (await commit(write, after, 'resolved', races)) return after;
    }
  }

  /** The alert and what tells of it, or neither. @returns false where somebody else was faster. */
  async function commit(
    write: TransactItem,
    item: Item,
    transition: Exclude<AlertTransition, 'repeated'>,
    races: number,
  ): Promise<boolean> {
    const alert = alertOf(item, clock.now());
    try {
      await documents.transact([write, ...(alert ? telling(alert, transition) : [])]);
      return true;
    } catch (error) {
      const isRace = error instanceof TransactionCancelled && error.fault === undefined;
      if (!isRace || races >= MOST_RACES) throw error;
      await clock.sleep(RACE_WAIT_MS * races);
      return false;
    }
  }

  /** Writes a log line and calls `notify`. */
  async function announce(item: Item, transition: AlertTransition): Promise<void> {
    const alert = alertOf(item, clock.now());
    if (!alert) return;
    const { kind, subject, severity, summary, count } = alert;
    if (transition !== 'repeated')
      log.warn(`Alert ${transition}.`, { kind, subject, severity, summary, count });
    try {
      await notify?.(alert, transition);
    } catch (error) {
      log.warn('An alert was not delivered.', { kind, subject, error });
    }
  }

  const alertStore: AlertStore = {
    /** Firing ones first, then the newest. `VALIDATION_FAILED` for an invalid cursor. */
    async list({ state, limit = DEFAULT_LIMIT, cursor }) {
      const pageSize = Math.min(Math.max(1, Math.trunc(limit)), MAX_LIMIT);
      const after = cursor === undefined ? undefined : await cursors.read(cursor);
      const all = (await readAll())
        .filter((alert) => state === undefined || alert.state === state)
        .sort((a, b) => (position(a) < position(b) ? 1 : -1));
      const rest = after === undefined ? all : all.filter((alert) => position(alert) < after);
      const items = rest.slice(0, pageSize);
      const last = items.at(-1);
      const more = last && rest.length > pageSize;
      return omitUndefined({ items, cursor: more ? await cursors.write(position(last)) : undefined });
    },
  };

  async function readAll(): Promise<Alert[]> {
    const items = await queryAll(documents, {
      table,
      where: 'pk = :alerts',
      values: { ':alerts': ALERTS },
      consistent: true,
    });
    return items.flatMap((item) => alertOf(item, clock.now()) ?? []);
  }

  return { alerts, alertStore };
}

/** Sorts alerts for the list; unique. */
function position({ state, lastAt, kind, subject }: Alert): string {
  return `${state === 'firing' ? 1 : 0}#${lastAt}#${kind}#${subject}`;
}

const paramsOf = ({ condition, names, values }: Expression) => ({
  ConditionExpression: condition,
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: values,
});
