import type { Service } from '../definition/service.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import { numberOf } from '../vendors/dynamodb/documents.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { revisionKey, serviceKey } from './keys.ts';

/**
 * A service as stored in the table. `document` is the JSON text a person wrote; defaults are filled in at
 * every read. The row of a deleted service keeps its revision (`deleted: true`), so that a revision never stands for
 * two different documents: caches and editors rely on it.
 */
export interface StoredService {
  pk: string;
  sk: string;
  document?: string;
  revision: number;
  createdAt: string;
  updatedAt: string;
  deleted?: true;
}

/**
 * Makes a definition of a stored document: the whole of it, or the slices that one function needs.
 * @throws GatewayError `VALIDATION_FAILED` naming the fields at fault.
 */
export type ParseDefinition<D> = (document: unknown) => D;

export function itemOf(code: string, document: unknown, times: Omit<StoredService, 'pk' | 'sk'>): Item {
  return { ...times, ...serviceKey(code), document: JSON.stringify(document) };
}

/** What is kept for ever of a row. @param by who wrote it; unknown of what was stored before revisions were kept. */
export function revisionItem(code: string, row: Item, by?: string): Item {
  const { document, updatedAt: at, deleted } = row;
  const revision = revisionOf(row);
  return omitUndefined({ ...revisionKey(code, revision), revision, at, by, document, deleted });
}

/** The revision of a row, 0 without a readable one. */
export function revisionOf(item: Item | undefined): number {
  const revision = item?.['revision'];
  if (revision === undefined || revision === null) return 0;
  const value = numberOf(revision);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

export const isDeleted = (item: Item | undefined): boolean => item?.['deleted'] === true;

/** @throws GatewayError `CONFIGURATION_ERROR` naming the service and what is wrong with its row. */
export function readItem<D extends { code: string }>(item: Item, parse: ParseDefinition<D>): Service<D> {
  const code = typeof item['sk'] === 'string' ? item['sk'] : '?';
  const { document, createdAt, updatedAt } = item;
  const revision = revisionOf(item);
  if (typeof document !== 'string' || revision === 0) throw corrupt(code, 'its row is incomplete');
  const definition = parseDocument(code, document, parse);
  if (definition.code !== code) throw corrupt(code, 'its code differs from its key');
  return {
    definition,
    revision,
    createdAt: typeof createdAt === 'string' ? createdAt : '',
    updatedAt: typeof updatedAt === 'string' ? updatedAt : '',
  };
}

function parseDocument<D>(code: string, document: string, parse: ParseDefinition<D>): D {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    throw corrupt(code, 'it is not JSON');
  }
  try {
    return parse(value);
  } catch (error) {
    const fields = isGatewayError(error) ? (error.fields ?? []) : [];
    throw corrupt(code, fields.map(({ field, message }) => `${field}: ${message}`).join('; '));
  }
}

function corrupt(code: string, why: string): GatewayError {
  return new GatewayError('CONFIGURATION_ERROR', `The stored definition of ${code} cannot be read: ${why}.`);
}
