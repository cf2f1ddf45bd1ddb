import type { Cursors } from '../../text/cursors.ts';
import { equals, RecordPosition, searchRecords, startsWith } from '../records/search.ts';
import type { ListQuery } from '../records/search.ts';
import { partitionSource } from '../records/sources.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { AuditStore } from './append.ts';
import { PARTITION, readEntry, shown } from './entry.ts';
import type { AuditEntry } from './entry.ts';

export interface AuditQuery extends ListQuery {
  who?: string;
  action?: string;
  /** It, and what lies under it: `services/CODE` finds `services/CODE/quotas`. */
  target?: string;
}

/** The newest first. @throws GatewayError `VALIDATION_FAILED` for an invalid cursor or time. */
export async function searchAudit(
  { documents, table, clock, cursors }: AuditStore & { cursors: Cursors },
  { who, action, target, ...range }: AuditQuery,
): Promise<{ items: AuditEntry[]; cursor?: string }> {
  const { items, cursor } = await searchRecords(documents, {
    table,
    cursors: cursors.of('audit', RecordPosition),
    sources: [partitionSource(PARTITION)],
    now: clock.now(),
    range,
    tests: [equals('who', who), equals('action', action), startsWith('target', target)],
  });
  const entries = items.flatMap((item) => readEntry(item) ?? []);
  return omitUndefined({ items: entries.map(shown), cursor });
}
