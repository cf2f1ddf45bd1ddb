/** What a service was at each of its revisions, also after it was deleted. */
import * as z from 'zod';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Cursors } from '../text/cursors.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { differences } from './diff.ts';
import type { Difference } from './diff.ts';
import { revisionKey, revisionsPartition, revisionSortKey, serviceKey } from './keys.ts';
import { isDeleted, revisionItem, revisionOf } from './rows.ts';
import { parseStoredDefinition } from './validation.ts';

/** A line of the list. */
export interface RevisionLine {
  revision: number;
  at: string;
  /** `null`: it was stored before that was written down. */
  by: string | null;
  /** With this revision the service was deleted. */
  deleted?: true;
}

export interface Revision extends RevisionLine {
  /** As it was written: what a roll-back stores. `undefined`: deleted. */
  document: unknown;
  /** With every default, where the rules of today accept it; else as it was written. `null`: deleted. */
  definition: Record<string, unknown> | null;
}

export interface Revisions {
  /** Newest first. `NOT_FOUND` for a service that never was, `VALIDATION_FAILED` for a cursor that is none. */
  list(
    code: string,
    options?: { limit?: number; cursor?: string },
  ): Promise<{ items: RevisionLine[]; cursor?: string }>;
  /** `NOT_FOUND` for one that is not kept. */
  get(code: string, revision: number): Promise<Revision>;
  /** From `against`, by default the one before it, to `revision`. Next to nothing everything is added, or removed. */
  diff(code: string, revision: number, against?: number): Promise<Difference[]>;
}

export interface RevisionsOptions {
  documents: Documents;
  /** The `registry` table. */
  table: string;
  cursors: Cursors;
}

export function createRevisions({ documents, table, cursors }: RevisionsOptions): Revisions {
  /** One that older code has stored has no row of its own until the service is written again. */
  async function current(code: string): Promise<Item | undefined> {
    const row = await documents.get(table, serviceKey(code), { consistent: true });
    return row && revisionOf(row) > 0 ? revisionItem(code, row) : undefined;
  }

  const before = (code: string, end: string | undefined, limit: number) =>
    documents.query({
      table,
      where: end === undefined ? 'pk = :revisions' : 'pk = :revisions AND sk < :end',
      values: omitUndefined({ ':revisions': revisionsPartition(code), ':end': end }),
      limit,
      descending: true,
      consistent: true,
    });

  async function get(code: string, revision: number): Promise<Revision> {
    const kept = await documents.get(table, revisionKey(code, revision), { consistent: true });
    const row = kept ?? (await current(code));
    if (row && revisionOf(row) === revision) return revisionOfRow(code, row);
    throw new GatewayError('NOT_FOUND', `${code} has no revision ${revision}.`);
  }

  async function definitionBefore(code: string, revision: number) {
    const { items } = await before(code, revisionSortKey(revision), 1);
    return items[0] ? revisionOfRow(code, items[0]).definition : null;
  }

  return {
    get,

    list: async (code, { limit = 50, cursor } = {}) => {
      const codec = cursors.of(`revisions ${code}`, z.string());
      const end = cursor === undefined ? undefined : await codec.read(cursor);
      const [page, live] = await Promise.all([
        before(code, end, limit),
        end === undefined ? current(code) : undefined,
      ]);
      const isListed = !live || revisionOf(page.items[0]) >= revisionOf(live);
      const rows = isListed ? page.items : [live, ...page.items];
      if (rows.length === 0 && end === undefined) {
        throw new GatewayError('NOT_FOUND', `Service ${code} was not found.`);
      }
      const shown = rows.slice(0, limit);
      const isMore = page.lastKey !== undefined || rows.length > limit;
      const last = shown.at(-1);
      return omitUndefined({
        items: shown.map(lineOf),
        cursor: isMore && last ? await codec.write(String(last['sk'])) : undefined,
      });
    },

    diff: async (code, revision, against) => {
      const [after, earlier] = await Promise.all([
        get(code, revision),
        against === undefined
          ? definitionBefore(code, revision)
          : get(code, against).then(({ definition }) => definition),
      ]);
      return differences(earlier ?? {}, after.definition ?? {});
    },
  };
}

function lineOf(row: Item): RevisionLine {
  const { at, by } = row;
  return {
    revision: revisionOf(row),
    at: typeof at === 'string' ? at : '',
    by: typeof by === 'string' ? by : null,
    ...(isDeleted(row) ? { deleted: true as const } : {}),
  };
}

/** @throws GatewayError `CONFIGURATION_ERROR` for a row that is none. */
function revisionOfRow(code: string, row: Item): Revision {
  const line = lineOf(row);
  if (line.deleted) return { ...line, document: undefined, definition: null };
  const document = documentOf(code, row);
  return { ...line, document, definition: filled(document) };
}

function documentOf(code: string, row: Item): unknown {
  try {
    return JSON.parse(String(row['document']));
  } catch {
    throw new GatewayError(
      'CONFIGURATION_ERROR',
      `Revision ${revisionOf(row)} of ${code} cannot be read: it is not JSON.`,
    );
  }
}

/** A default that was left out is no difference to one that was written. */
function filled(document: unknown): Record<string, unknown> {
  try {
    return parseStoredDefinition(document);
  } catch (error) {
    if (!isGatewayError(error, 'VALIDATION_FAILED')) throw error;
    return document as Record<string, unknown>;
  }
}
