import { ConditionFailed } from '../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import type { Names } from '../runtime/config.ts';
import { GatewayError } from '../runtime/errors.ts';
import { deepEqual } from '../text/json/value.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CurrencyOf } from './conflicts.ts';
import { createServiceReader, tryRead } from './reader.ts';
import { isDeleted, itemOf, revisionOf } from './rows.ts';
import { serviceKey } from './keys.ts';
import type { ServiceRegistry } from './registry.ts';
import { checkDefinition } from './check.ts';
import { parseStoredDefinition, splitDocument } from './validation.ts';

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

  async function checked(code: string, input: unknown, expectedRevision?: number) {
    const { document, revision } = splitDocument(input);
    const others = () => reader.list();
    const definition = await checkDefinition(document, { code, isLocal, others, currencyOf });
    return { document, definition, expected: expectedRevision ?? revision };
  }

  /** What a write of it would leave stored. `read`: what it would replace, unless that is the same already. */
  async function planned(code: string, { definition, expected }: Awaited<ReturnType<typeof checked>>) {
    const read = await load(code);
    const stored = liveRevision(read);
    if (expected !== undefined && expected !== stored) throw conflict(code, expected, stored);
    const before = stored === 0 ? undefined : tryRead(read!, parseStoredDefinition);
    if (before && deepEqual(before.definition, definition)) return { next: before, isSame: true, read };
    const at = new Date(clock.now()).toISOString();
    const kept = { revision: revisionOf(read) + 1, createdAt: before?.createdAt ?? at, updatedAt: at };
    return { next: { definition, ...kept }, isSame: false, isNew: stored === 0, read };
  }

  async function check(code: string, input: unknown) {
    const { next, isNew = false } = await planned(code, await checked(code, input));
    return { ...next, created: isNew };
  }

  async function put(code: string, input: unknown, expectedRevision?: number) {
    const written = await checked(code, input, expectedRevision);
    for (let race = 0; race < MAX_RACES; race++) {
      const { next, isSame, isNew = false, read } = await planned(code, written);
      if (isSame) return { ...next, created: false };
      const { definition: _definition, ...kept } = next;
      if (await replace(itemOf(code, written.document, kept), read)) return { ...next, created: isNew };
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

  return { ...reader, check, put, delete: remove };
}

/** 0: the service does not exist, or was deleted. */
function liveRevision(item: Item | undefined): number {
  return item === undefined || isDeleted(item) ? 0 : Math.max(1, revisionOf(item));
}

function conflict(code: string, expected: number, stored: number): GatewayError {
  const now = stored === 0 ? 'it does not exist' : `it is at revision ${stored}`;
  return new GatewayError('REVISION_CONFLICT', `${code} was read at revision ${expected}; now ${now}.`);
}

function notFound(code: string): GatewayError {
  return new GatewayError('NOT_FOUND', `Service ${code} was not found.`);
}
