import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { ConditionFailed } from '../../vendors/dynamodb/documents.ts';
import type { Documents, Expression, Item } from '../../vendors/dynamodb/documents.ts';
import { queryAll } from '../../vendors/dynamodb/query-items.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { HEALTH, healthKey } from './keys.ts';
import { nothingKnown } from './service-health.ts';
import type { ServiceHealth } from './service-health.ts';

export interface HealthStoreOptions {
  documents: Documents;
  /** The `records` table. */
  table: string;
}

/** Health of services, one item each. Whoever writes says what was read: of two at once one writes. */
export interface HealthStore {
  all(): Promise<ServiceHealth[]>;
  read(code: string): Promise<ServiceHealth>;
  /** @returns what is stored now; `undefined`: it is no longer as it was read, and nothing was written. */
  replace(read: ServiceHealth, after: ServiceHealth): Promise<ServiceHealth | undefined>;
  /** Where it is still as it was read. */
  remove(read: ServiceHealth): Promise<void>;
}

export function createHealthStore({ documents, table }: HealthStoreOptions): HealthStore {
  return {
    async all() {
      const items = await queryAll(documents, {
        table,
        where: 'pk = :health',
        values: { ':health': HEALTH },
        consistent: true,
      });
      return items.map((item) => healthOf(String(item['sk']), item));
    },

    read: async (code) => healthOf(code, await documents.get(table, healthKey(code), { consistent: true })),

    async replace(read, after) {
      const item = itemOf({ ...after, version: read.version + 1 });
      const written = healthOf(read.code, item);
      try {
        await documents.put(table, item, unchanged(read));
        return written;
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        // The client repeats a write whose answer was lost: it may be ours that stands there.
        return isDeepStrictEqual(healthOf(read.code, error.item), written) ? written : undefined;
      }
    },

    async remove(read) {
      try {
        await documents.delete(table, healthKey(read.code), unchanged(read));
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    },
  };
}

const unchanged = ({ version }: ServiceHealth): Expression =>
  version === 0
    ? { condition: 'attribute_not_exists(version)' }
    : { condition: 'version = :version', values: { ':version': version } };

const itemOf = ({ code, version, endpoints, lease }: ServiceHealth): Item => ({
  ...healthKey(code),
  version,
  endpoints: [...endpoints].map(([name, health]) => ({ name, ...health })),
  ...omitUndefined({ lease }),
});

const StoredEndpoint = z.object({
  name: z.string(),
  state: z.enum(['up', 'down']),
  failures: StoredNumber,
  began: z.iso.datetime(),
  at: z.string(),
  error: z.string().optional(),
});
/** What cannot be read is not known: it is asked anew. */
const Stored = z.object({
  version: StoredNumber.catch(0),
  endpoints: z.array(z.unknown()).catch([]),
  lease: z.object({ by: z.string(), until: StoredNumber }).optional().catch(undefined),
});

function healthOf(code: string, item: Item | undefined): ServiceHealth {
  if (item === undefined) return nothingKnown(code);
  const { version, endpoints, lease } = Stored.parse(item);
  const readable = endpoints.flatMap((one) => StoredEndpoint.safeParse(one).data ?? []);
  return {
    code,
    version,
    lease,
    endpoints: new Map(readable.map(({ name, ...health }) => [name, omitUndefined(health)])),
  };
}
