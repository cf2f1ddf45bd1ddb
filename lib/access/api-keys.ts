import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { ConditionFailed } from '../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { queryAll } from '../vendors/dynamodb/query-items.ts';
import type { Names } from '../runtime/config.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Random } from '../runtime/random.ts';
import { createPrincipalCache } from './principal-cache.ts';
import type { Identified } from './principal-cache.ts';
import { ANONYMOUS, ROLES } from './roles.ts';
import type { Principal, Role } from './roles.ts';
import { tokenHash } from './token-hash.ts';

/** What may be shown of a key; never the key itself. */
export interface ApiKeyInfo {
  id: string;
  name: string;
  role: Role;
  /** What it is limited to; absent: everything its role may. */
  scopes?: string[];
  /** From when on it is not valid, ISO 8601; absent: never. */
  expiresAt?: string;
  createdAt: string;
  createdBy: string;
}

/** A key that is drawn and not valid yet. */
export interface DrawnKey {
  id: string;
  key: string;
}

export interface NewApiKey {
  /** Absent: another one. */
  drawn?: DrawnKey | undefined;
  name: string;
  role: Role;
  /** Scopes, each of them once; not empty. */
  scopes?: string[] | undefined;
  /** Milliseconds since the epoch. */
  endsAt?: number | undefined;
  createdBy: string;
}

export interface ApiKeys {
  /** So that its id can be told before there is such a key. */
  draw(): DrawnKey;
  /** `key` is shown this once: only its SHA-256 is stored. */
  create(input: NewApiKey): Promise<ApiKeyInfo & { key: string }>;
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

const About = z.object({
  sk: z.string(),
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
});
const KeyRole = z.object({ role: z.enum(ROLES) });
const Limits = KeyRole.extend({
  scopes: z.array(z.string()).min(1).optional(),
  expiresAt: z.iso.datetime().optional(),
});

/**
 * A limited key has its role among its limits: to code that does not know them, such as that of the release before, it is
 * no key, rather than one without limits.
 */
const StoredKey = z.union([
  About.extend({ limits: Limits }).transform(({ limits, ...about }) => ({ ...about, ...limits })),
  About.extend(KeyRole.shape),
]);
type StoredKey = ApiKeyInfo & { sk: string };

function readKey(item: Item | undefined): StoredKey | undefined {
  const key = StoredKey.safeParse(item).data;
  return key && omitUndefined(key);
}

export function createApiKeys({ documents, names, clock, random, wellKnown }: ApiKeysDeps): ApiKeys {
  const table = names.tables.registry;
  const known = createPrincipalCache(clock);

  /** Stored keys first: Secrets Manager is needed only for the key that it holds, DynamoDB not for that one. */
  async function lookUp(token: string, hash: string): Promise<Identified> {
    const [found] = await Promise.allSettled([token.startsWith('gh_') ? readStored(hash) : undefined]);
    if (found.status === 'fulfilled' && found.value) return found.value;
    for (const { id, key } of await wellKnown()) {
      if (timingSafeEqual(Buffer.from(tokenHash(key)), Buffer.from(hash))) {
        return { principal: { role: 'admin', id } };
      }
    }
    if (found.status === 'rejected') throw found.reason;
    return { principal: ANONYMOUS };
  }

  async function readStored(hash: string): Promise<Identified | undefined> {
    const key = readKey(await documents.get(table, { pk: PK, sk: hash }, { consistent: true }));
    if (!key) return undefined;
    const { id, role, scopes, expiresAt } = key;
    return {
      principal: { role, id, ...(scopes && { scopes }) },
      endsAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
    };
  }

  async function stored(): Promise<StoredKey[]> {
    const items = await queryAll(documents, { table, where: 'pk = :pk', values: { ':pk': PK } });
    return items.flatMap((item) => readKey(item) ?? []);
  }

  function draw(): DrawnKey {
    const key = `gh_${random.bytes(32).toString('base64url')}`;
    return { id: tokenHash(key).slice(0, 16), key };
  }

  return {
    draw,

    async create({ drawn = draw(), name, role, scopes, endsAt, createdBy }) {
      const { id, key } = drawn;
      const hash = tokenHash(key);
      const expiresAt = endsAt === undefined ? undefined : new Date(endsAt).toISOString();
      const limits = omitUndefined({ role, scopes, expiresAt });
      const about = {
        id,
        name,
        createdAt: new Date(clock.now()).toISOString(),
        createdBy,
      };
      const isLimited = scopes !== undefined || expiresAt !== undefined;
      await documents.put(
        table,
        { pk: PK, sk: hash, ...about, ...(isLimited ? { limits } : { role }) },
        { condition: 'attribute_not_exists(pk)' },
      );
      return { ...about, ...limits, key };
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
      known.forget(key.sk);
    },

    async identify(token) {
      const hash = tokenHash(token);
      return known.identify(hash, () => lookUp(token, hash));
    },
  };
}
