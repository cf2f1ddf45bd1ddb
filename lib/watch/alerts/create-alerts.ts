import { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { ConditionFailed, TransactionCancelled } from '../../vendors/dynamodb/documents.ts';
import type { Expression, Item, TransactItem } from '../../vendors/dynamodb/documents.ts';
import { alertOf, firing, isOpen, reminded, repeated, resolved } from './alert-state.ts';
import type { AlertUpdate, ToldTransition } from './alert-state.ts';
import { createAlertStore } from './alert-store.ts';
import type { AlertStoreOptions } from './alert-store.ts';
import type { Alert, AlertInput, AlertStore, Alerts } from './alerts.ts';
import { alertKey } from './keys.ts';
import { COOL_DOWN_SECONDS, reminderOf } from './reminders.ts';
import type { Reminder } from './reminders.ts';

export interface AlertsOptions extends AlertStoreOptions {
  log: { warn(message: string, fields?: Record<string, unknown>): void };
  /** What else is written in the transaction that stores it: how people and the business are told of it. */
  telling?: (alert: Alert, transition: ToldTransition, reminder?: Reminder) => TransactItem[];
  /** An alert that is still raised, and that nobody has acknowledged, is told to all again when this is over, milliseconds. */
  coolDownMs?: number;
}

/** Others may change an alert while it is stored, this often. */
const MOST_RACES = 5;
const RACE_WAIT_MS = 20;
const COOL_DOWN_MS = COOL_DOWN_SECONDS * 1_000;

export function createAlerts(options: AlertsOptions): { alerts: Alerts; alertStore: AlertStore } {
  const { documents, table, clock, log, telling = () => [], coolDownMs = COOL_DOWN_MS } = options;
  const now = () => new Date(clock.now()).toISOString();

  const alerts: Alerts = {
    async raise(input) {
      try {
        const item = await store(input);
        const reminder = reminderOf(item, clock.now(), coolDownMs);
        if (reminder) await remind(item, reminder);
      } catch (error) {
        const { kind, subject, severity, summary } = input;
        log.warn('An alert was not stored.', { kind, subject, severity, summary, error });
      }
    },

    async resolve(kind, subject, details) {
      try {
        await storeResolved(kind, subject, details);
      } catch (error) {
        log.warn('An alert was not resolved.', { kind, subject, error });
      }
    },
  };

  async function store(input: AlertInput): Promise<Item> {
    const key = alertKey(input.kind, input.subject);
    for (let races = 0; ; races++) {
      try {
        const { update, expression } = repeated(input, now());
        return await documents.update(table, key, update, expression);
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
      const { item, expression } = firing(input, now());
      const write = { Put: { TableName: table, Item: item, ...paramsOf(expression) } };
      if (await commit(write, item, 'fired')) return item;
      await waitFor(races);
    }
  }

  /** Of those who raise it at the same time one reminds. */
  async function remind(item: Item, reminder: Reminder): Promise<void> {
    await commit(updateOf(item, reminded(item, now(), reminder)), item, 'reminded', reminder);
  }

  async function storeResolved(kind: string, subject: string, details: AlertInput['details']): Promise<void> {
    const key = alertKey(kind, subject);
    for (let races = 0; ; races++) {
      const item = await documents.get(table, key, { consistent: true });
      const alert = item && alertOf(item, clock.now());
      if (!alert || !isOpen(alert)) return;
      const at = now();
      const after = { ...item, state: 'resolved', resolvedAt: at, ...omitUndefined({ details }) };
      const update = resolved(item, at, clock.now(), details);
      if (await commit(updateOf(item, update), after, 'resolved')) return;
      await waitFor(races);
    }
  }

  const updateOf = ({ kind, subject }: Item, { update, expression }: AlertUpdate): TransactItem => ({
    Update: {
      TableName: table,
      Key: alertKey(String(kind), String(subject)),
      UpdateExpression: update,
      ...paramsOf(expression),
    },
  });

  async function waitFor(races: number): Promise<void> {
    if (races >= MOST_RACES) throw new GatewayError('STORE_UNAVAILABLE', 'Others change it all the time.');
    await clock.sleep(RACE_WAIT_MS * races);
  }

  /** The alert and what tells of it, or neither. @returns false where somebody else was faster. */
  async function commit(
    write: TransactItem,
    item: Item,
    transition: ToldTransition,
    reminder?: Reminder,
  ): Promise<boolean> {
    const alert = alertOf(item, clock.now());
    try {
      await documents.transact([write, ...(alert ? telling(alert, transition, reminder) : [])]);
    } catch (error) {
      if (error instanceof TransactionCancelled && error.fault === undefined) return false;
      throw error;
    }
    if (alert) {
      const { kind, subject, severity, summary, count } = alert;
      log.warn(`Alert ${transition}.`, { kind, subject, severity, summary, count });
    }
    return true;
  }

  return { alerts, alertStore: createAlertStore(options) };
}

const paramsOf = ({ condition, names, values }: Expression) => ({
  ConditionExpression: condition,
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: values,
});
