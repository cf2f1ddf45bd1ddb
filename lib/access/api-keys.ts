import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import { ConditionFailed } from '../vendors/dynamodb/documents.ts';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { queryAll } from '../vendors/dynamodb/query-items.ts';
import type { Names } from '../runtime/config.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { ANONYMOUS, ROLES } from './roles.ts';
import type { Principal, Role } from './roles.ts';

/** What may be shown of a key; never the key itself. */
export interface ApiKeyInfo {
  id: string;
  name: string;
  role: Role;
  createdAt: string;
  createdBy: string;
}

export interface ApiKeys {
  /** `key` is shown this once: only its SHA-256 is stored. */
  create(input: { name: string; role: Role; createdBy: string }): Promise<ApiKeyInfo & { key: string }>;
  list(): Promise<ApiKeyInfo[]>;
  /** `NOT_FOUND` for an unknown id. In force everywhere within 5 s. */
  revoke(id: string): Promise<void>;
  /** The principal of a bearer token; `ANONYMOUS` for one that is not valid. `STORE_UNAVAILABLE` when none can tell. */
  identify(token: string): Promise<Principal>;
}

export interface ApiKeysDeps {
  documents: Documents;
  names: Names;
  clock: Clock;
  random: Random;
  /** Keys that are valid without being in the table: the local one, the one created at deployment. */
  wellKnown: () => Promise<{ id: string; key: string }[]>;
}

const PK = 'KEY';
/** How long a key is trusted, or distrusted, without asking again: so long a revoked one lives (docs/users/cli.md). */
const CACHE_MS = 5_000;
const CACHE_SIZE = 5_000;

const StoredKey = z.object({
  sk: z.string(),
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  createdAt: z.string(),
  createdBy: z.string(),
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export function createApiKeys({ documents, names, clock, random, wellKnown }: ApiKeysDeps): ApiKeys {
  const table = names.tables.registry;
  const known = new LRUCache<string, Principal>({
    max: CACHE_SIZE,
    ttl: CACHE_MS,
    ttlResolution: 0,
    perf: clock,
  });

  /** Stored keys first: Secrets Manager is needed only for the key that it holds, DynamoDB not for that one. */
  async function lookUp(token: string, hash: string): Promise<Principal> {
    const [found] = await Promise.allSettled([token.startsWith('gh_') ? readStored(hash) : undefined]);
    if (found.status === 'fulfilled' && found.value) return found.value;
    for (const { id, key } of await wellKnown()) {
      if (timingSafeEqual(Buffer.from(sha256(key)), Buffer.from(hash))) return { role: 'admin', id };
    }
    if (found.status === 'rejected') throw found.reason;
    return ANONYMOUS;
  }

  async function readStored(hash: string): Promise<Principal | undefined> {
    const item = await documents.get(table, { pk: PK, sk: hash }, { consistent: true });
    const key = StoredKey.safeParse(item).data;
    return key && { role: key.role, id: key.id };
  }

  async function stored(): Promise<z.infer<typeof StoredKey>[]> {
    const items = await queryAll(documents, { table, where: 'pk = :pk', values: { ':pk': PK } });
    return items.flatMap((item) => StoredKey.safeParse(item).data ?? []);
  }

  return {
    async create({ name, role, createdBy }) {
      const key = `gh_${random.bytes(32).toString('base64url')}`;
      const hash = sha256(key);
      const info: ApiKeyInfo = {
        id: hash.slice(0, 16),
        name,
        role,
        createdAt: new Date(clock.now()).toISOString(),
        createdBy,
      };
      await documents.put(table, { pk: PK, sk: hash, ...info }, { condition: 'attribute_not_exists(pk)' });
      return { ...info, key };
    },

    async list() {
      const keys = await stored();
      return keys
        .map(({ sk: _hash, ...info }) => info)
        .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    },

    async revoke(id) {
      const key = (await stored()).find((k) => k.id === id);
      const missing = new GatewayError('NOT_FOUND', `API key ${id} not found.`);
      if (!key) throw missing;
      try {
        await documents.delete(table, { pk: PK, sk: key.sk }, { condition: 'attribute_exists(pk)' });
      } catch (error) {
        throw error instanceof ConditionFailed ? missing : error;
      }
      known.delete(key.sk);
    },

    async identify(token) {
      const hash = sha256(token);
      const cached = known.get(hash);
      if (cached) return cached;
      const principal = await lookUp(token, hash);
      known.set(hash, principal);
      return principal;
    },
  };
}
