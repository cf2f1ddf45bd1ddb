import { ConditionFailed } from '../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import type { Names } from '../runtime/config.ts';
import { GatewayError } from '../runtime/errors.ts';
import { authAddresses } from '../auth/strategies.ts';
import { checkBaseUrl } from '../vendors/http/address.ts';
import { deepEqual } from '../text/json/value.ts';
import type { Clock } from '../runtime/clock.ts';
import { refuseOpenSealing } from './sealed.ts';
import { refuseConflicts } from './conflicts.ts';
import type { CurrencyOf } from './conflicts.ts';
import { createServiceReader, tryRead } from './reader.ts';
import { isDeleted, itemOf, revisionOf } from './rows.ts';
import { serviceKey } from './keys.ts';
import type { Definition } from './definition.ts';
import type { ServiceRegistry } from './registry.ts';
import { invalid } from '../definition/stored.ts';
import { parseDefinition, parseStoredDefinition, splitDocument } from './validation.ts';

export interface ServiceRegistryOptions {
  documents: Documents;
  names: Names;
  /** Stage `local`: `http:` on a loopback address is allowed. */
  isLocal: boolean;
  clock: Clock;
  /** Called with rows that `list` had to leave out. */
  report?: (error: GatewayError) => void;
  /** Asked before a definition is stored that moves money. Default: all books are empty. */
  currencyOf?: CurrencyOf;
}

/** DynamoDB allows 400 KB per item; a definition that long is a mistake. */
const MAX_DOCUMENT_BYTES = 256 * 1024;
/** Attempts of a writer without a revision before it is asked to try again. */
const MAX_RACES = 8;

/** Definitions in the `registry` table. Reads are consistent: writers compare with them. */
export function createServiceRegistry(options: ServiceRegistryOptions): ServiceRegistry {
  const { documents, isLocal, clock, currencyOf = async () => undefined } = options;
  const table = options.names.tables.registry;
  const reader = createServiceReader({ ...options, table, parse: parseStoredDefinition });

  async function load(code: string): Promise<Item | undefined> {
    return documents.get(table, serviceKey(code), { consistent: true });
  }

  /** Replaces exactly what was read. `false`: another writer was faster. */
  async function replace(item: Item, read: Item | undefined): Promise<boolean> {
    const unchanged =
      read === undefined
        ? { condition: 'attribute_not_exists(pk)' }
        : read['revision'] === undefined
          ? { condition: 'attribute_not_exists(revision)' }
          : { condition: 'revision = :read', values: { ':read': read['revision'] } };
    try {
      await documents.put(table, item, unchanged);
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
  }

  async function put(code: string, input: unknown, expectedRevision?: number) {
    const { document, revision } = splitDocument(input);
    const expected = expectedRevision ?? revision;
    const definition = parseDefinition(document);
    if (definition.code !== code)
      throw invalid([{ field: 'code', message: `must be ${code}, as in the path` }]);
    refuseUnreachable(definition, isLocal);
    refuseOversize(document);
    refuseOpenSealing(definition);
    await refuseConflicts(definition, await reader.list(), currencyOf);

    for (let race = 0; race < MAX_RACES; race++) {
      const read = await load(code);
      const stored = liveRevision(read);
      if (expected !== undefined && expected !== stored) throw conflict(code, expected, stored);
      const before = stored === 0 ? undefined : tryRead(read!, parseStoredDefinition);
      if (before && deepEqual(before.definition, definition)) return { ...before, created: false };
      const at = new Date(clock.now()).toISOString();
      const next = { revision: revisionOf(read) + 1, createdAt: before?.createdAt ?? at, updatedAt: at };
      if (await replace(itemOf(code, document, next), read)) {
        return { definition, ...next, created: stored === 0 };
      }
    }
    throw new GatewayError('REVISION_CONFLICT', `${code} is being changed concurrently; try again.`, {
      retryable: true,
      retryAfterSeconds: 1,
    });
  }

  async function remove(code: string, expectedRevision?: number): Promise<void> {
    for (let race = 0; race < MAX_RACES; race++) {
      const read = await load(code);
      if (read === undefined || isDeleted(read)) throw notFound(code);
      const stored = revisionOf(read);
      if (expectedRevision !== undefined && expectedRevision !== stored) {
        throw conflict(code, expectedRevision, stored);
      }
      const at = new Date(clock.now()).toISOString();
      const gone = { ...serviceKey(code), revision: stored, createdAt: at, updatedAt: at, deleted: true };
      if (await replace({ ...gone, revision: stored + 1 }, read)) return;
    }
    throw conflict(code, expectedRevision ?? 0, 0);
  }

  return { ...reader, put, delete: remove };
}

/** 0: the service does not exist, or was deleted. */
function liveRevision(item: Item | undefined): number {
  return item === undefined || isDeleted(item) ? 0 : Math.max(1, revisionOf(item));
}

function refuseUnreachable({ baseUrl, auth }: Definition, isLocal: boolean): void {
  const faults = [['baseUrl', baseUrl] as const, ...authAddresses(auth)].flatMap(([field, url]) => {
    const message = checkBaseUrl(url, { isLocal });
    return message === undefined ? [] : [{ field, message }];
  });
  if (faults.length > 0) throw invalid(faults);
}

function refuseOversize(document: unknown): void {
  if (Buffer.byteLength(JSON.stringify(document)) > MAX_DOCUMENT_BYTES) {
    throw invalid([{ field: '(document)', message: `must be at most ${MAX_DOCUMENT_BYTES} bytes of JSON` }]);
  }
}

function conflict(code: string, expected: number, stored: number): GatewayError {
  const now = stored === 0 ? 'it does not exist' : `it is at revision ${stored}`;
  return new GatewayError('REVISION_CONFLICT', `${code} was read at revision ${expected}; now ${now}.`);
}

function notFound(code: string): GatewayError {
  return new GatewayError('NOT_FOUND', `Service ${code} was not found.`);
}
