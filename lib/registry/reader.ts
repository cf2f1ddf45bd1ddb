import type { Service } from '../definition/service.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { GatewayError } from '../runtime/errors.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { queryAll } from '../vendors/dynamodb/query-items.ts';
import { serviceKey, SERVICES_PARTITION } from './keys.ts';
import type { ServiceReader } from './registry.ts';
import { isDeleted, readItem } from './rows.ts';
import type { ParseDefinition } from './rows.ts';

export interface ServiceReaderOptions<D> {
  documents: Documents;
  /** The `registry` table. */
  table: string;
  parse: ParseDefinition<D>;
  /** Told of rows that `list` had to leave out. */
  report?: (error: GatewayError) => void;
}

/** Definitions in the `registry` table, read consistently: writers come here to check. */
export function createServiceReader<D extends { code: string }>({
  documents,
  table,
  parse,
  report,
}: ServiceReaderOptions<D>): ServiceReader<Service<D>> {
  async function list(): Promise<Service<D>[]> {
    const items = await queryAll(documents, {
      table,
      where: 'pk = :services',
      values: { ':services': SERVICES_PARTITION },
      consistent: true,
    });
    return items.flatMap((item) => (isDeleted(item) ? [] : (tryRead(item, parse, report) ?? [])));
  }

  return {
    get: async (code) => {
      const item = await documents.get(table, serviceKey(code), { consistent: true });
      return item === undefined || isDeleted(item) ? undefined : readItem(item, parse);
    },
    list,
  };
}

/** A row that cannot be read is no hindrance to replacing it, nor to listing the others. */
export function tryRead<D extends { code: string }>(
  item: Item,
  parse: ParseDefinition<D>,
  report?: (error: GatewayError) => void,
): Service<D> | undefined {
  try {
    return readItem(item, parse);
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    report?.(error);
    return undefined;
  }
}
