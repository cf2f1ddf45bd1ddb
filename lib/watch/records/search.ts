import * as z from 'zod';
import type { CursorCodec } from '../../text/cursors.ts';
import type { Documents, Item } from '../../vendors/dynamodb/documents.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { newestFirst } from './newest-first.ts';
import type { TimeRange } from './newest-first.ts';
import type { Source } from './sources.ts';

/** Which part of a list is asked for. Times are ISO; `from` inclusive, `to` exclusive. */
export interface ListQuery {
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

/** A filter on a field that is not part of a key; `value` undefined: no filter. */
export interface FieldTest {
  field: string;
  value: unknown;
  expression: (name: string, value: string) => string;
  /** Other fields that the expression names: `#other`. */
  names?: string[];
}

export const equals = (field: string, value: unknown): FieldTest => ({
  field,
  value,
  expression: (name, given) => `${name} = ${given}`,
});
export const atLeast = (field: string, value: unknown): FieldTest => ({
  field,
  value,
  expression: (name, given) => `${name} >= ${given}`,
});
export const startsWith = (field: string, value: unknown): FieldTest => ({
  field,
  value,
  expression: (name, given) => `begins_with(${name}, ${given})`,
});

const isAlive = (now: number): FieldTest => ({
  field: 'expiresAt',
  value: Math.floor(now / 1_000),
  expression: (name, given) => `${name} > ${given}`,
});

export const atMost = (field: string, value: unknown): FieldTest => ({
  field,
  value,
  expression: (name, given) => `${name} <= ${given}`,
});
/** In one of two texts of the record. */
export const eitherContains = (field: string, other: string, value: unknown): FieldTest => ({
  field,
  value,
  names: [other],
  expression: (name, given) => `(contains(${name}, ${given}) OR contains(#${other}, ${given}))`,
});

/** What a cursor of records carries: the sort key that the next page lies before. */
export const RecordPosition = z.string();

export interface RecordSearch {
  table: string;
  /** Of this list: another list's cursor is refused. */
  cursors: CursorCodec<typeof RecordPosition>;
  sources: Source[];
  /** How long these records are kept, milliseconds: nothing older is looked for. Absent: for ever. */
  keepMs?: number;
  now: number;
  range: ListQuery;
  tests: FieldTest[];
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/**
 * Records, newest first; those past their time are left out although DynamoDB may still have them.
 * @throws GatewayError `VALIDATION_FAILED` for an invalid cursor or time.
 */
export async function searchRecords(
  documents: Documents,
  { table, cursors, sources, keepMs, now, range, tests }: RecordSearch,
): Promise<{ items: Item[]; cursor?: string }> {
  const { from, to, cursor, limit = DEFAULT_LIMIT } = range;
  // What is kept for ever has its order from elsewhere than our clock.
  const [oldest, newest] =
    keepMs === undefined ? [' ', '~'] : [sortable(now - keepMs), `${sortable(now + 60_000)}~`];
  const { items, before } = await newestFirst(documents, {
    table,
    sources,
    from: from === undefined ? oldest : bound('from', from),
    before: cursor !== undefined ? await cursors.read(cursor) : to === undefined ? newest : bound('to', to),
    filter: filterOf(tests, keepMs === undefined ? undefined : now),
    limit: Math.min(Math.max(1, Math.trunc(limit)), MAX_LIMIT),
  });
  return omitUndefined({ items, cursor: before && (await cursors.write(before)) });
}

/** An ISO time as a bound of sort keys, in the form records carry. */
function bound(field: string, time: string): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw invalid(field, 'is not a time');
  return sortable(at);
}

const sortable = (at: number): string => new Date(at).toISOString();

/** @param now of records that expire */
function filterOf(tests: FieldTest[], now: number | undefined): TimeRange['filter'] {
  const expiring = now === undefined ? [] : [isAlive(now)];
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const expressions: string[] = [];
  for (const [at, { field, value, expression, names: others = [] }] of [...expiring, ...tests].entries()) {
    if (value === undefined) continue;
    for (const name of [field, ...others]) names[`#${name}`] = name;
    // A field may be tested twice.
    values[`:v${at}`] = value;
    expressions.push(expression(`#${field}`, `:v${at}`));
  }
  return omitUndefined({ expression: expressions.join(' AND ') || undefined, names, values });
}
