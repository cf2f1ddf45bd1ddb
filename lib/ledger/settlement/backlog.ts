/** How settlement is doing: what waits, since when, and what was given up. */
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import type { AccountDeps } from '../accounts.ts';
import { INDEX, deadPartition, entryOfSort } from '../keys.ts';
import { firstPending } from './due.ts';

export interface Backlog {
  /** Since when the oldest waits, milliseconds since the epoch; absent: nothing does. */
  oldestSince?: number;
  /** When the first is due, milliseconds since the epoch: before that the stream has it. `Infinity`: nothing waits. */
  firstDueAt: number;
  /** Services with a dead letter; absent: there are too many to look through. */
  deadServices?: Set<string>;
}

/** Of dead letters, so many are looked through. */
const MAX_DEAD = 5_000;

export async function readBacklog(deps: AccountDeps & { alerts: Alerts }): Promise<Backlog> {
  const { rows, firstDueAt } = await firstPending(deps);
  const since = rows.map(({ transfer: { history, createdAt } }) =>
    Date.parse(history.at(-1)?.at ?? createdAt),
  );
  return omitUndefined({
    oldestSince: since.length > 0 ? Math.min(...since) : undefined,
    firstDueAt,
    deadServices: await deadServices(deps),
  });
}

async function deadServices({ documents, table }: AccountDeps): Promise<Set<string> | undefined> {
  const services = new Set<string>();
  let seen = 0;
  for (const cause of ['OURS', 'PARTNER'] as const) {
    const where = { ':partition': deadPartition(cause) };
    for await (const { gsi1sk } of queryItems(documents, {
      table,
      index: INDEX,
      where: 'gsi1pk = :partition',
      values: where,
    })) {
      const entry = entryOfSort(String(gsi1sk));
      if (entry) services.add(entry.service);
      if (++seen >= MAX_DEAD) return undefined;
    }
  }
  return services;
}
