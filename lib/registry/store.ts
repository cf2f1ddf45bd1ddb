import { TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import type { Names } from '../runtime/config.ts';
import { GatewayError } from '../runtime/errors.ts';
import { deepEqual } from '../text/json/value.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CurrencyOf } from './conflicts.ts';
import { createServiceReader, tryRead } from './reader.ts';
import { isDeleted, itemOf, revisionItem, revisionOf } from './rows.ts';
import { revisionsPartition, serviceKey } from './keys.ts';
import type { ServiceRegistry, WriteOptions } from './registry.ts';
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

/** Attempts of a writer without a revision before it is asked to try again, and milliseconds more before each. */
const MAX_RACES = 8;
const RACE_WAIT_MS = 10;

/** Definitions in the `registry` table. Reads are consistent: writers compare with them. */
export function createServiceRegistry(options: ServiceRegistryOptions): ServiceRegistry {
  const { documents, isLocal, clock, currencyOf = async () => undefined } = options;
  const table = options.names.tables.registry;
  const reader = createServiceReader({ ...options, table, parse: parseStoredDefinition });

  async function load(code: string): Promise<Item | undefined> {
    return documents.get(table, serviceKey(code), { consistent: true });
  }

  /** The last revision that has a row of its own, 0 without one. */
  async function lastKept(code: string): Promise<number> {
    const { items } = await documents.query({
      table,
      where: 'pk = :revisions',
      values: { ':revisions': revisionsPartition(code) },
      limit: 1,
      descending: true,
      consistent: true,
    });
    return revisionOf(items[0]);
  }

  /**
   * Replaces exactly what was read and keeps the revision, both or neither. One that was stored before revisions were
   * kept, or by code that does not keep them, is kept now. `false`: another writer was faster.
   */
  async function replace(code: string, item: Item, { read, kept }: Before, by?: string): Promise<boolean> {
    const unkept = read && revisionOf(read) > kept ? [revisionItem(code, read)] : [];
    try {
      await documents.transact([
        { Put: { TableName: table, Item: item, ...unchanged(read) } },
        {
          Put: {
            TableName: table,
            Item: revisionItem(code, item, by),
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
        ...unkept.map((Item) => ({ Put: { TableName: table, Item } })),
      ]);
      return true;
    } catch (error) {
      if (error instanceof TransactionCancelled && error.fault === undefined) return false;
      throw error;
    }
  }

  async function before(code: string): Promise<Before> {
    const [read, kept] = await Promise.all([load(code), lastKept(code)]);
    return { read, kept };
  }

  /** Tries until nobody else was faster. `write`: `undefined` where somebody was. */
  async function racing<T>(code: string, write: () => Promise<T | undefined>): Promise<T> {
    for (let race = 0; race < MAX_RACES; race++) {
      if (race > 0) await clock.sleep(race * RACE_WAIT_MS);
      const written = await write();
      if (written !== undefined) return written;
    }
    throw new GatewayError('REVISION_CONFLICT', `${code} is being changed concurrently; try again.`, {
      retryable: true,
      retryAfterSeconds: 1,
    });
  }

  async function checked(code: string, input: unknown, expectedRevision?: number) {
    const { document, revision } = splitDocument(input);
    const others = () => reader.list();
    const definition = await checkDefinition(document, { code, isLocal, others, currencyOf });
    return { document, definition, expected: expectedRevision ?? revision };
  }

  /** What a write of it would leave stored. `read`: what it would replace, unless that is the same already. */
  async function planned(code: string, { definition, expected }: Awaited<ReturnType<typeof checked>>) {
    const found = await before(code);
    const { read } = found;
    const stored = liveRevision(read);
    if (expected !== undefined && expected !== stored) throw conflict(code, expected, stored);
    const live = stored === 0 ? undefined : tryRead(read!, parseStoredDefinition);
    if (live && deepEqual(live.definition, definition)) return { next: live, isSame: true, found };
    const at = new Date(clock.now()).toISOString();
    const kept = { revision: nextRevision(found), createdAt: live?.createdAt ?? at, updatedAt: at };
    return { next: { definition, ...kept }, isSame: false, isNew: stored === 0, found };
  }

  async function check(code: string, input: unknown) {
    const { next, isNew = false } = await planned(code, await checked(code, input));
    return { ...next, created: isNew };
  }

  async function put(code: string, input: unknown, { expectedRevision, by }: WriteOptions = {}) {
    const written = await checked(code, input, expectedRevision);
    return racing(code, async () => {
      const { next, isSame, isNew = false, found } = await planned(code, written);
      if (isSame) return { ...next, created: false };
      const { definition: _definition, ...kept } = next;
      const item = itemOf(code, written.document, kept);
      return (await replace(code, item, found, by)) ? { ...next, created: isNew } : undefined;
    });
  }

  async function remove(code: string, { expectedRevision, by }: WriteOptions = {}): Promise<void> {
    await racing(code, async () => {
      const found = await before(code);
      const { read } = found;
      if (read === undefined || isDeleted(read)) throw notFound(code);
      const stored = revisionOf(read);
      if (expectedRevision !== undefined && expectedRevision !== stored) {
        throw conflict(code, expectedRevision, stored);
      }
      const at = new Date(clock.now()).toISOString();
      const revision = nextRevision(found);
      const gone = { ...serviceKey(code), revision, createdAt: at, updatedAt: at, deleted: true };
      return (await replace(code, gone, found, by)) || undefined;
    });
  }

  return { ...reader, check, put, delete: remove };
}

/** What a write has to reckon with. */
interface Before {
  /** The row of the service. */
  read: Item | undefined;
  /** The last revision that has a row of its own. */
  kept: number;
}

/** Above every one before, whatever has become of the service's row: a number never means two documents. */
const nextRevision = ({ read, kept }: Before): number => Math.max(revisionOf(read), kept) + 1;

function unchanged(read: Item | undefined) {
  if (read === undefined) return { ConditionExpression: 'attribute_not_exists(pk)' };
  const { revision } = read;
  return revision === undefined
    ? { ConditionExpression: 'attribute_not_exists(revision)' }
    : { ConditionExpression: 'revision = :read', ExpressionAttributeValues: { ':read': revision } };
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
