import type { Documents } from '../dynamodb/documents.ts';
import { GatewayError } from '../errors/index.ts';
import { withinBudget } from '../runtime/budget.ts';
import type { Clock } from '../runtime/clock.ts';
import { KEEP_MS, fromItem, toItem } from './call-item.ts';
import type { CallLog, CallQuery } from './call-log.ts';
import { requestSource, serviceSources } from './keys.ts';
import { metricLine } from './metric-line.ts';
import { newestFirst } from './newest-first.ts';
import type { Stretch } from './newest-first.ts';

export interface CallLogOptions {
  documents: Documents;
  table: string;
  clock: Clock;
  log: { warn(message: string, fields?: Record<string, unknown>): void };
  /** Takes the metric line of each call. */
  emit?: (line: string) => void;
  /** For one write, milliseconds: an answer does not wait longer for its record. */
  writeBudgetMs?: number;
  /** Codes of the services there are: a search that names no service reads them all. */
  services?: () => Promise<string[]>;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

export function createCallLog(options: CallLogOptions): CallLog {
  const { documents, table, clock, log, emit, writeBudgetMs = 1_000, services } = options;

  return {
    async write(call) {
      try {
        emit?.(metricLine(call));
        await withinBudget(documents.put(table, toItem(call)), writeBudgetMs);
      } catch (error) {
        log.warn('A call was not recorded.', { requestId: call.requestId, error });
      }
    },

    /** Newest first. `VALIDATION_FAILED` for a cursor or a time that is none, and for neither service nor request. */
    async search(query) {
      const limit = Math.min(Math.max(1, Math.trunc(query.limit ?? DEFAULT_LIMIT)), MAX_LIMIT);
      const now = clock.now();
      const { items, before } = await newestFirst(documents, {
        table,
        sources: await sourcesOf(query),
        from: bound('from', query.from, now - KEEP_MS),
        before:
          query.cursor === undefined ? `${bound('to', query.to, now + 60_000)}~` : readCursor(query.cursor),
        filter: filterOf(query, now),
        limit,
      });
      const calls = items.flatMap((item) => fromItem(item) ?? []);
      return { items: calls, ...(before === undefined ? {} : { cursor: writeCursor(before) }) };
    },
  };

  async function sourcesOf({ requestId, service }: CallQuery) {
    if (requestId !== undefined) return [requestSource(requestId)];
    if (service !== undefined) return serviceSources(service);
    if (!services) throw invalid('service', 'or requestId must be given');
    return (await services()).flatMap(serviceSources);
  }
}

/** An ISO time as a bound of sort keys, in the form records carry. */
function bound(field: string, time: string | undefined, otherwise: number): string {
  const at = time === undefined ? otherwise : Date.parse(time);
  if (Number.isNaN(at)) throw invalid(field, 'is not a time');
  return new Date(at).toISOString();
}

/** Everything a key does not answer. */
function filterOf(query: CallQuery, now: number): Stretch['filter'] {
  const tests = ['#expiresAt > :now'];
  const names: Record<string, string> = { '#expiresAt': 'expiresAt' };
  const values: Record<string, unknown> = { ':now': Math.floor(now / 1_000) };
  const test = (
    field: string,
    value: unknown,
    how = (name: string, given: string) => `${name} = ${given}`,
  ) => {
    if (value === undefined) return;
    names[`#${field}`] = field;
    values[`:${field}`] = value;
    tests.push(how(`#${field}`, `:${field}`));
  };
  // A request may have called several services.
  if (query.requestId !== undefined) test('service', query.service);
  test('operation', query.operation);
  test('path', query.path, (name, given) => `begins_with(${name}, ${given})`);
  test('status', query.status);
  test('code', query.code);
  test('caller', query.caller);
  test('durationMs', query.minDurationMs, (name, given) => `${name} >= ${given}`);
  test('attempts', query.attempts);
  return { expression: tests.join(' AND '), names, values };
}

const CURSOR = /^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z#[\x20-\x7e]{1,128}$/;

function writeCursor(before: string): string {
  return Buffer.from(before).toString('base64url');
}

function readCursor(cursor: string): string {
  const before = Buffer.from(cursor, 'base64url').toString();
  if (writeCursor(before) !== cursor || !CURSOR.test(before)) throw invalid('cursor', 'is not one of ours');
  return before;
}

function invalid(field: string, message: string): GatewayError {
  return new GatewayError('VALIDATION_FAILED', `${field} ${message}.`, { fields: [{ field, message }] });
}
