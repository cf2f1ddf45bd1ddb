import * as z from 'zod';
import type { Cursors } from '../../text/cursors.ts';
import { ConditionFailed } from '../../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../../vendors/dynamodb/documents.ts';
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
  /** Notifies people (SNS, webhooks). Called once per transition that was stored; may reject. */
  notify?: (alert: Alert, transition: AlertTransition) => Promise<void> | void;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export function createAlerts(options: AlertsOptions): { alerts: Alerts; alertStore: AlertStore } {
  const { documents, table, clock, log, notify } = options;
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
        const { update, expression } = resolved(now(), clock.now());
        await announce(
          await documents.update(table, alertKey(kind, subject), update, expression),
          'resolved',
        );
      } catch (error) {
        if (error instanceof ConditionFailed) return;
        log.warn('An alert was not resolved.', { kind, subject, error });
      }
    },
  };

  /** Repeats while others change the alert between the two writes. */
  async function store(input: AlertInput): Promise<[Item, AlertTransition]> {
    const key = alertKey(input.kind, input.subject);
    for (let left = 3; ; left--) {
      try {
        const { update, expression } = repeated(input, now());
        return [await documents.update(table, key, update, expression), 'repeated'];
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
      try {
        const { item, expression } = firing(input, now());
        await documents.put(table, item, expression);
        return [item, 'fired'];
      } catch (error) {
        if (!(error instanceof ConditionFailed) || left === 0) throw error;
      }
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
