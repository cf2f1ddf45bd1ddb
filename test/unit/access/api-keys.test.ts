import { describe, expect, it } from 'vitest';
import { createApiKeys } from '../../../lib/access/api-keys.ts';
import { names } from '../../../lib/runtime/config.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import type { Documents, Item } from '../../../lib/vendors/dynamodb/documents.ts';

const DOWN = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'Down.'));

/** The table of keys in memory, and how often it was asked. */
function setUp() {
  let at = 1_000_000;
  let reads = 0;
  let delay = 0;
  const items = new Map<unknown, Item>();
  const documents = {
    put: async (_table: string, item: Item) => void items.set(item['sk'], item),
    get: async (_table: string, key: Item) => {
      reads += 1;
      at += delay;
      return items.get(key['sk']);
    },
    delete: async (_table: string, key: Item) => void items.delete(key['sk']),
    query: async () => ({ items: [...items.values()] }),
  } as unknown as Documents;
  const open = ({ secretsDown = false, tableDown = false } = {}) =>
    createApiKeys({
      documents: tableDown ? { ...documents, get: DOWN } : documents,
      names: names('t'),
      clock: { now: () => at, sleep: () => Promise.reject(new Error('Nobody sleeps here.')) },
      random: systemRandom,
      wellKnown: secretsDown ? DOWN : () => Promise.resolve([{ id: 'admin-key', key: 'gh_well-known' }]),
    });
  return {
    open,
    items,
    forward: (ms: number) => void (at += ms),
    reads: () => reads,
    /** From now on, a read takes this long. */
    slow: (ms: number) => void (delay = ms),
  };
}

const NOBODY = { role: 'none', id: '' };

describe('who a key is', () => {
  it('is looked up once in five seconds', async () => {
    const { open, forward, reads } = setUp();
    const keys = open();
    const { key, id } = await keys.create({ name: 'n', role: 'caller', createdBy: 'local' });
    for (let i = 0; i < 5; i++) expect(await keys.identify(key)).toEqual({ role: 'caller', id });
    expect(reads()).toBe(1);
    forward(5_001);
    expect(await keys.identify(key)).toEqual({ role: 'caller', id });
    expect(reads()).toBe(2);
  });

  it('ends at once where the key is revoked, elsewhere within five seconds (H14)', async () => {
    const { open, forward } = setUp();
    const [here, elsewhere] = [open(), open()];
    const { key, id } = await here.create({ name: 'n', role: 'admin', createdBy: 'local' });
    await here.identify(key);
    await elsewhere.identify(key);
    await here.revoke(id);
    expect(await here.identify(key)).toEqual(NOBODY);
    expect(await elsewhere.identify(key)).toEqual({ role: 'admin', id });
    forward(5_001);
    expect(await elsewhere.identify(key)).toEqual(NOBODY);
    await expect(here.revoke(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is asked again after five seconds when it was nobody', async () => {
    const { open, forward, reads } = setUp();
    const keys = open();
    expect(await keys.identify('gh_unknown')).toEqual(NOBODY);
    forward(5_000);
    expect(await keys.identify('gh_unknown')).toEqual(NOBODY);
    expect(reads()).toBe(1);
    forward(1);
    await keys.identify('gh_unknown');
    expect(reads()).toBe(2);
  });

  it('needs no table for what is no key of ours', async () => {
    const { open, reads } = setUp();
    expect(await open().identify('eyJhbGciOiJIUzI1NiJ9')).toEqual(NOBODY);
    expect(reads()).toBe(0);
  });

  it('needs only the store that holds it, on a cold start too (W5)', async () => {
    const { open } = setUp();
    const { key, id } = await open().create({ name: 'n', role: 'caller', createdBy: 'local' });
    expect(await open({ secretsDown: true }).identify(key)).toEqual({ role: 'caller', id });
    expect(await open({ tableDown: true }).identify('gh_well-known')).toEqual({
      role: 'admin',
      id: 'admin-key',
    });
    const unavailable = { code: 'STORE_UNAVAILABLE' };
    await expect(open({ secretsDown: true }).identify('gh_other')).rejects.toMatchObject(unavailable);
    await expect(open({ tableDown: true }).identify('gh_other')).rejects.toMatchObject(unavailable);
  });
});

const HOUR = 3_600_000;

describe('a limited key', () => {
  const limited = {
    name: 'n',
    role: 'admin' as const,
    scopes: ['SHOP:list', 'money:read'],
    createdBy: 'local',
  };

  it('says what it is limited to', async () => {
    const { open } = setUp();
    const { key, id, ...made } = await open().create(limited);
    expect(made).toMatchObject({ role: 'admin', scopes: limited.scopes });
    expect(await open().identify(key)).toEqual({ role: 'admin', id, scopes: limited.scopes });
    expect(await open().list()).toMatchObject([{ id, role: 'admin', scopes: limited.scopes }]);
  });

  it('ends at its time, also while it is cached', async () => {
    const { open, forward, reads } = setUp();
    const keys = open();
    const endsAt = 1_000_000 + HOUR;
    const { key, id, expiresAt } = await keys.create({ name: 'n', role: 'caller', endsAt, createdBy: 'l' });
    expect(expiresAt).toBe(new Date(endsAt).toISOString());
    forward(HOUR - 1);
    expect(await keys.identify(key)).toEqual({ role: 'caller', id });
    forward(1);
    expect(await keys.identify(key)).toEqual(NOBODY);
    expect(reads()).toBe(1);
    expect(await keys.list()).toMatchObject([{ id, expiresAt }]);
  });

  it('is no key to code that knows no limits, nor where they cannot be read', async () => {
    const { open, items } = setUp();
    const { key } = await open().create(limited);
    const [item] = [...items.values()] as Record<string, unknown>[];
    expect(item).not.toHaveProperty('role');
    item!['limits'] = { role: 'admin', scopes: [] };
    expect(await open().identify(key)).toEqual(NOBODY);
  });
});

it('what is known counts from before it was read: a slow store prolongs nothing', async () => {
  const { open, forward, reads, slow } = setUp();
  const keys = open();
  const { key } = await keys.create({ name: 'n', role: 'caller', createdBy: 'local' });
  slow(4_000);
  await keys.identify(key);
  forward(1_001);
  await keys.identify(key);
  expect(reads()).toBe(2);
});
