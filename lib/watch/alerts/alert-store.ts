/** Alerts as people see and acknowledge them. */
import * as z from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Cursors } from '../../text/cursors.ts';
import { ConditionFailed } from '../../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../../vendors/dynamodb/documents.ts';
import { queryAll } from '../../vendors/dynamodb/query-items.ts';
import { acknowledged, alertOf, isOpen, taken } from './alert-state.ts';
import type { AlertUpdate } from './alert-state.ts';
import type { Alert, AlertFiring, AlertState, AlertStore } from './alerts.ts';
import { ALERTS, alertKey } from './keys.ts';

export interface AlertStoreOptions {
  documents: Documents;
  /** The `records` table. */
  table: string;
  cursors: Cursors;
  clock: Clock;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export function createAlertStore(options: AlertStoreOptions): AlertStore {
  const { documents, table, clock } = options;
  const cursors = options.cursors.of('alerts', z.string());

  return {
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

    async acknowledge(id, by) {
      for (;;) {
        const alert = (await readAll()).find((one) => one.id === id && isOpen(one));
        if (!alert) throw new GatewayError('NOT_FOUND', `No alert ${id} is firing.`);
        if (alert.state === 'acknowledged') return alert;
        // It was resolved meanwhile, or somebody else was faster: once more.
        const after = await change(alert, acknowledged(alert, by));
        if (after) return alertOf(after, clock.now())!;
      }
    },

    // It was resolved long ago, or has fired anew: that firing is told by its own message.
    noteTold: async (of, by) => void (await change(of, taken(of, by))),
  };

  /** @returns `undefined` where the condition does not hold. */
  async function change(
    { kind, subject }: AlertFiring,
    { update, expression }: AlertUpdate,
  ): Promise<Item | undefined> {
    try {
      return await documents.update(table, alertKey(kind, subject), update, expression);
    } catch (error) {
      if (error instanceof ConditionFailed) return undefined;
      throw error;
    }
  }

  async function readAll(): Promise<Alert[]> {
    const items = await queryAll(documents, {
      table,
      where: 'pk = :alerts',
      values: { ':alerts': ALERTS },
      consistent: true,
    });
    return items.flatMap((item) => alertOf(item, clock.now()) ?? []);
  }
}

const PLACE = { firing: 2, acknowledged: 1, resolved: 0 } satisfies Record<AlertState, number>;

/** Sorts alerts for the list; unique. */
function position({ state, lastAt, kind, subject }: Alert): string {
  return `${PLACE[state]}#${lastAt}#${kind}#${subject}`;
}
