import type { Cursors } from '../../text/cursors.ts';
import { CoalescedPuts } from '../../vendors/dynamodb/coalesced-puts.ts';
import type { Documents } from '../../vendors/dynamodb/documents.ts';
import type { EmfLine } from '../../vendors/log/emf.ts';
import {
  atLeast,
  atMost,
  eitherContains,
  equals,
  RecordPosition,
  searchRecords,
  startsWith,
} from '../../watch/records/search.ts';
import type { Clock } from '../../runtime/clock.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { timeOfRequest } from '../../runtime/request-id.ts';
import { KEEP_MS, fromItem, toItem } from './call-item.ts';
import type { CallLog, CallQuery } from './call-log.ts';
import { callSources } from './keys.ts';
import { metricLine } from './metric-line.ts';

export interface CallLogOptions {
  documents: Documents;
  table: string;
  cursors: Cursors;
  clock: Clock;
  log: { warn(message: string, fields?: Record<string, unknown>): void };
  /** Takes the metric line of each call. */
  emit?: (line: EmfLine) => void;
  /** For one write, milliseconds: an answer does not wait longer for its record. */
  writeBudgetMs?: number;
  /** Codes of all services: a search that names no service reads them all. */
  services?: () => Promise<string[]>;
}

export function createCallLog(options: CallLogOptions): CallLog {
  const { documents, table, clock, log, emit, writeBudgetMs = 1_000, services } = options;
  const cursors = options.cursors.of('calls', RecordPosition);
  const puts = new CoalescedPuts({ documents, table, budgetMs: writeBudgetMs });

  return {
    async write(call) {
      try {
        emit?.(metricLine(call));
        await puts.put(toItem(call));
      } catch (error) {
        log.warn('A call was not recorded.', { requestId: call.requestId, error });
      }
    },

    /** Newest first. `VALIDATION_FAILED` for an invalid cursor or time, and without service and request. */
    async search(query) {
      const { operation, path, status, code, caller, attempts, requestId } = query;
      const { items, cursor } = await searchRecords(documents, {
        table,
        cursors,
        sources: await sourcesOf(query),
        keepMs: KEEP_MS,
        now: clock.now(),
        range: requestId === undefined ? query : { ...query, ...timesOf(requestId, query) },
        tests: [
          equals('requestId', requestId),
          equals('operation', operation),
          startsWith('path', path),
          equals('status', status),
          equals('code', code),
          equals('caller', caller),
          atLeast('durationMs', query.minDurationMs),
          atMost('durationMs', query.maxDurationMs),
          eitherContains('request', 'response', query.q),
          equals('attempts', attempts),
        ],
      });
      return omitUndefined({ items: items.flatMap((item) => fromItem(item) ?? []), cursor });
    },
  };

  async function sourcesOf({ requestId, service }: CallQuery) {
    if (service !== undefined) return callSources(service, requestId);
    if (!services) throw invalid('service', 'is required');
    return (await services()).flatMap((code) => callSources(code, requestId));
  }
}

/** Longer than any request lasts, milliseconds. */
const LONGEST_REQUEST_MS = 300_000;

/** When the calls of a request were made, where its id tells; within the times that are asked for. */
function timesOf(requestId: string, { from, to }: CallQuery): Pick<CallQuery, 'from' | 'to'> {
  const at = timeOfRequest(requestId);
  if (at === undefined) return {};
  const iso = (ms: number) => new Date(ms).toISOString();
  return { from: from ?? iso(at), to: to ?? iso(at + LONGEST_REQUEST_MS) };
}
